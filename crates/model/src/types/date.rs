//! Calendar dates.

use aqueduct_manifest::SmolStr;
use jiff::civil;

use crate::types::Invalid;
use crate::types::parsed::checked_text;

/// A date, such as `2027-01-31`; later dates are greater.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(SmolStr);

impl Date {
    fn check(text: &str) -> Result<(), Invalid> {
        // The library also accepts longer forms, such as one with a time.
        let is_day = text.len() == "2027-01-31".len() && text.parse::<civil::Date>().is_ok();
        match is_day {
            true => Ok(()),
            false => Err(Invalid::new(format!("`{text}` is not a date: expected one such as `2027-01-31`"))),
        }
    }
}

checked_text!(Date, "a date such as `\"2027-01-31\"`", {
    "type": "string",
    "description": "A date, such as `2027-01-31`.",
    "examples": ["2027-01-31"],
    "pattern": "^\\d{4}-\\d{2}-\\d{2}$"
});

#[cfg(test)]
mod tests {
    use super::Date;
    use crate::types::parsed::tests::table;

    #[test]
    fn days() {
        insta::assert_snapshot!(table::<Date>(&[
            "2027-01-31", "2028-02-29", "2000-02-29", "2027-02-29", "2100-02-29", "2027-04-31", "2027-13-01", "2027-00-01",
            "2027-1-31", "31.01.2027", "2027-01-31T00:00:00Z", "soon", "",
        ]), @r"
        2027-01-31: ok
        2028-02-29: ok
        2000-02-29: ok
        2027-02-29: ERROR `2027-02-29` is not a date: expected one such as `2027-01-31`
        2100-02-29: ERROR `2100-02-29` is not a date: expected one such as `2027-01-31`
        2027-04-31: ERROR `2027-04-31` is not a date: expected one such as `2027-01-31`
        2027-13-01: ERROR `2027-13-01` is not a date: expected one such as `2027-01-31`
        2027-00-01: ERROR `2027-00-01` is not a date: expected one such as `2027-01-31`
        2027-1-31: ERROR `2027-1-31` is not a date: expected one such as `2027-01-31`
        31.01.2027: ERROR `31.01.2027` is not a date: expected one such as `2027-01-31`
        2027-01-31T00:00:00Z: ERROR `2027-01-31T00:00:00Z` is not a date: expected one such as `2027-01-31`
        soon: ERROR `soon` is not a date: expected one such as `2027-01-31`
        : ERROR `` is not a date: expected one such as `2027-01-31`
        ");
    }
}
