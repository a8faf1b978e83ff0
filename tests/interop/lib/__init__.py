"""What the interoperation run is made of."""
