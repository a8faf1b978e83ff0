//! What a session costs: 2.3.0 lists its taxes, 2.2.1 says it without and with VAT, 2.1.1 without.
//!
//! Nobody is refused for a cost: what is not shaped as its version says stays as it came.
//!
//! Spec: 2.3.0 and 2.2.1 types, Price; 2.1.1 `mod_sessions`, `total_cost`.

use ocpi_domain::json::RawObject;
use rust_decimal::Decimal;
use serde_json::value::RawValue;

/// The name of the only tax that 2.2.1 knows.
const VAT: &str = "VAT";

/// A Price of 2.2.1 as 2.3.0 has it: what VAT adds is a tax of that name. Where no number says it
/// exactly, `incl_vat` stays, so that its owner reads back what it wrote.
pub(super) fn from_2_2_1(price: &RawValue) -> Option<Box<RawValue>> {
    let mut members = object(price)?;
    let before_taxes = members.take("excl_vat")?;
    let incl_vat = members.get("incl_vat");
    if let Some(vat) = incl_vat.and_then(|incl_vat| difference(incl_vat, &before_taxes)) {
        members.take("incl_vat");
        let taxes = format!(r#"[{{"name":"{VAT}","amount":{vat}}}]"#);
        members.set("taxes", RawValue::from_string(taxes).ok()?);
    }
    members.set("before_taxes", before_taxes);
    written(&members)
}

/// A Price of 2.3.0 as 2.2.1 has it. Which taxes there are is lost, but not their sum.
pub(super) fn to_2_2_1(price: &RawValue) -> Option<Box<RawValue>> {
    let mut members = object(price)?;
    let excl_vat = members.take("before_taxes")?;
    let taxes = members.take("taxes");
    if let Some(sum) = taxes.and_then(|taxes| sum_of(&taxes)) {
        let incl_vat = decimal(&excl_vat).and_then(|excl_vat| excl_vat.checked_add(sum));
        if let Some(incl_vat) = incl_vat {
            members.set(
                "incl_vat",
                RawValue::from_string(incl_vat.to_string()).ok()?,
            );
        }
    }
    members.set("excl_vat", excl_vat);
    written(&members)
}

/// A cost of 2.1.1, a bare number without VAT, as 2.3.0 has it.
pub(super) fn from_2_1_1(cost: &RawValue) -> Option<Box<RawValue>> {
    decimal(cost)?;
    RawValue::from_string(format!(r#"{{"before_taxes":{cost}}}"#)).ok()
}

/// A Price of 2.3.0 as 2.1.1 has it. The taxes are lost.
pub(super) fn to_2_1_1(price: &RawValue) -> Option<Box<RawValue>> {
    object(price)?.take("before_taxes")
}

/// The sum of the taxes; `None` when there are none, or one of which nobody knows how much it is.
fn sum_of(taxes: &RawValue) -> Option<Decimal> {
    let taxes: Vec<RawObject> = serde_json::from_str(taxes.get()).ok()?;
    let amounts = taxes.iter().map(|tax| decimal(tax.get("amount")?));
    amounts.reduce(|sum, amount| sum?.checked_add(amount?))?
}

/// The exact difference; `None` when a [`Decimal`] cannot hold it without rounding.
fn difference(one: &RawValue, other: &RawValue) -> Option<Decimal> {
    let (one, other) = (decimal(one)?, decimal(other)?);
    let scale = one.scale().max(other.scale());
    let units = |number: Decimal| {
        let unit = 10_i128.checked_pow(scale - number.scale())?;
        number.mantissa().checked_mul(unit)
    };
    let difference = units(one)?.checked_sub(units(other)?)?;
    Decimal::try_from_i128_with_scale(difference, scale).ok()
}

fn object(value: &RawValue) -> Option<RawObject> {
    serde_json::from_str(value.get()).ok()
}

fn written(members: &RawObject) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(members).ok()
}

/// The number, exactly; `None` for what is no number, or has too many digits.
fn decimal(value: &RawValue) -> Option<Decimal> {
    let text = value.get();
    match text.split_once(['e', 'E']) {
        None => Decimal::from_str_exact(text).ok(),
        Some((digits, _)) => {
            // Read with its exponent, a number of too many digits would be rounded.
            Decimal::from_str_exact(digits).ok()?;
            Decimal::from_scientific(text).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn with(convert: impl Fn(&RawValue) -> Option<Box<RawValue>>, price: &Value) -> Option<Value> {
        let raw = RawValue::from_string(price.to_string()).unwrap();
        convert(&raw).map(|converted| serde_json::from_str(converted.get()).unwrap())
    }

    /// Holds: M-12.
    #[test]
    fn a_price_with_vat_is_one_with_a_tax_of_that_name_and_back() {
        let cases = [
            (
                json!({"excl_vat": 4.1, "incl_vat": 4.87}),
                json!({"before_taxes": 4.1, "taxes": [{"name": "VAT", "amount": 0.77}]}),
            ),
            (
                json!({"excl_vat": 4, "incl_vat": 4}),
                json!({"before_taxes": 4, "taxes": [{"name": "VAT", "amount": 0}]}),
            ),
            (json!({"excl_vat": 0.1}), json!({"before_taxes": 0.1})),
        ];
        for (old, new) in cases {
            assert_eq!(with(from_2_2_1, &old).as_ref(), Some(&new), "{old}");
            assert_eq!(with(to_2_2_1, &new).as_ref(), Some(&old), "{new}");
        }
    }

    /// Holds: M-12, T-63, T-73.
    #[test]
    fn vat_that_no_number_says_exactly_is_no_tax_and_is_read_back_as_it_was_written() {
        let max = "79228162514264337593543950335";
        let long = "0.12345678901234567890123456789";
        for (excl_vat, incl_vat) in [
            // Their difference, and its sum with the first, would be rounded to the second.
            (
                "0.0000000000000000000000000001",
                "7922816251426433759354395033.5",
            ),
            ("-0.5", max),
            (long, "1"),
            ("1", long),
            ("0.12345678901234567890123456789e0", "1"),
            ("1", "1e29"),
        ] {
            let old = format!(r#"{{"incl_vat":{incl_vat},"excl_vat":{excl_vat}}}"#);
            let old = RawValue::from_string(old).unwrap();
            let new = from_2_2_1(&old).unwrap();
            let expected = format!(r#"{{"incl_vat":{incl_vat},"before_taxes":{excl_vat}}}"#);
            assert_eq!(new.get(), expected);
            assert_eq!(to_2_2_1(&new).unwrap().get(), old.get());
        }
        let old = format!(r#"{{"excl_vat":0,"incl_vat":{max}}}"#);
        let new = from_2_2_1(&RawValue::from_string(old).unwrap()).unwrap();
        assert!(new.get().contains(&format!(r#""amount":{max}"#)), "{new}");
        let back = to_2_2_1(&new).unwrap();
        assert!(
            back.get().contains(&format!(r#""incl_vat":{max}"#)),
            "{back}"
        );
    }

    /// Holds: M-12, T-73.
    #[test]
    fn taxes_are_added_exactly_and_an_empty_list_of_them_is_no_vat() {
        let taxes = |amounts: &[f64]| {
            let taxes = amounts
                .iter()
                .map(|amount| json!({"name": "T", "amount": amount}));
            json!({"before_taxes": 0.1, "taxes": taxes.collect::<Vec<_>>()})
        };
        let cases = [
            (
                taxes(&[0.1, 0.1]),
                json!({"excl_vat": 0.1, "incl_vat": 0.3}),
            ),
            (taxes(&[]), json!({"excl_vat": 0.1})),
        ];
        for (new, old) in cases {
            assert_eq!(with(to_2_2_1, &new), Some(old), "{new}");
        }
        let raw = RawValue::from_string(r#"{"before_taxes":1e-1,"taxes":[{"amount":0.2}]}"#.into());
        let written = to_2_2_1(&raw.unwrap()).unwrap();
        assert_eq!(written.get(), r#"{"incl_vat":0.3,"excl_vat":1e-1}"#);
    }

    /// Holds: M-12.
    #[test]
    fn a_bare_number_is_a_price_before_taxes_and_back() {
        let (number, price) = (json!(4.10), json!({"before_taxes": 4.10}));
        assert_eq!(with(from_2_1_1, &number).as_ref(), Some(&price));
        assert_eq!(with(to_2_1_1, &price), Some(number.clone()));
        let taxed = json!({"before_taxes": 4.10, "taxes": [{"name": "VAT", "amount": 1}]});
        assert_eq!(with(to_2_1_1, &taxed), Some(number));
    }

    /// Holds: S-07.
    #[test]
    fn what_is_no_price_stays_as_it_is_and_an_unknown_tax_is_no_vat() {
        for price in [json!("4.10"), json!([]), json!({}), json!({"x": 1})] {
            assert_eq!(with(from_2_2_1, &price), None, "{price}");
            assert_eq!(with(to_2_2_1, &price), None, "{price}");
            assert_eq!(with(from_2_1_1, &price), None, "{price}");
        }
        for incl_vat in [json!("5"), json!([])] {
            let old = json!({"excl_vat": 4, "incl_vat": incl_vat});
            let new = json!({"before_taxes": 4, "incl_vat": incl_vat});
            assert_eq!(with(from_2_2_1, &old).as_ref(), Some(&new), "{old}");
            assert_eq!(with(to_2_2_1, &new), Some(old));
        }
        for taxes in [
            json!([{"name": "VAT"}]),
            json!([{"amount": 1}, {"amount": "1"}]),
            json!({}),
        ] {
            let new = json!({"before_taxes": 4, "taxes": taxes});
            assert_eq!(with(to_2_2_1, &new), Some(json!({"excl_vat": 4})), "{new}");
        }
    }
}
