"""What is done with each third party."""
