//! Days of the calendar.

use aqueduct_manifest::SmolStr;

use crate::types::Invalid;
use crate::types::parsed::checked_text;

/// A day, such as `2027-01-31`; later days are greater.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(SmolStr);

impl Date {
    fn check(text: &str) -> Result<(), Invalid> {
        let digits = |part: &str, count: usize| {
            (part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| part.parse::<u32>().ok())
                .flatten()
        };
        let parts: Vec<&str> = text.split('-').collect();
        let numbers = match parts[..] {
            [year, month, day] => digits(year, 4).zip(digits(month, 2)).zip(digits(day, 2)),
            _ => None,
        };
        let Some(((year, month), day)) = numbers else {
            return Err(Invalid::new(format!("`{text}` is not a day: wanted is one such as `2027-01-31`")));
        };
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        };
        match (1..=days).contains(&day) {
            true => Ok(()),
            false => Err(Invalid::new(format!("`{text}` is not a day of the calendar"))),
        }
    }
}

checked_text!(Date, "a day such as `\"2027-01-31\"`", {
    "type": "string",
    "description": "A day, such as `2027-01-31`.",
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
        2027-02-29: ERROR `2027-02-29` is not a day of the calendar
        2100-02-29: ERROR `2100-02-29` is not a day of the calendar
        2027-04-31: ERROR `2027-04-31` is not a day of the calendar
        2027-13-01: ERROR `2027-13-01` is not a day of the calendar
        2027-00-01: ERROR `2027-00-01` is not a day of the calendar
        2027-1-31: ERROR `2027-1-31` is not a day: wanted is one such as `2027-01-31`
        31.01.2027: ERROR `31.01.2027` is not a day: wanted is one such as `2027-01-31`
        2027-01-31T00:00:00Z: ERROR `2027-01-31T00:00:00Z` is not a day: wanted is one such as `2027-01-31`
        soon: ERROR `soon` is not a day: wanted is one such as `2027-01-31`
        : ERROR `` is not a day: wanted is one such as `2027-01-31`
        ");
    }
}
