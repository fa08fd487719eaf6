//! Cron schedules.

use aqueduct_manifest::SmolStr;

use crate::types::parsed::checked_text;
use crate::types::{Duration, Invalid};

/// A schedule of a CronJob: five fields, or a macro such as `@daily`.
///
/// The rules are those of the parser that Kubernetes uses, `ParseStandard` of
/// <https://pkg.go.dev/github.com/robfig/cron/v3>: Sunday is `0` and never `7`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Schedule(SmolStr);

const MACROS: &[&str] = &["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];
const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// A field of a schedule: its name, its bounds, and the names of its numbers.
struct Field {
    name: &'static str,
    lowest: u32,
    highest: u32,
    words: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", lowest: 0, highest: 59, words: &[] },
    Field { name: "hour", lowest: 0, highest: 23, words: &[] },
    Field { name: "day of the month", lowest: 1, highest: 31, words: &[] },
    Field { name: "month", lowest: 1, highest: 12, words: MONTHS },
    Field { name: "day of the week", lowest: 0, highest: 6, words: DAYS },
];

impl Schedule {
    fn check(text: &str) -> Result<(), Invalid> {
        if let Some(every) = text.strip_prefix("@every ") {
            return every.parse::<Duration>().map(|_| ());
        }
        if text.starts_with('@') {
            return if MACROS.contains(&text) {
                Ok(())
            } else {
                Err(Invalid::new(format!(
                    "`{text}` is not a valid schedule: the macros are {}",
                    MACROS.join(", ")
                )))
            };
        }
        if text.starts_with("TZ=") || text.starts_with("CRON_TZ=") {
            return Err(Invalid::new(format!(
                "`{text}` is not a valid schedule: Kubernetes does not allow a time zone in it"
            )));
        }
        let parts: Vec<&str> = text.split_whitespace().collect();
        if parts.len() != FIELDS.len() {
            return Err(Invalid::new(format!(
                "`{text}` is not a valid schedule: expected five fields (minute, hour, day of the month, month, day of the week), found {}",
                parts.len()
            )));
        }
        FIELDS.iter().zip(parts).try_for_each(|(field, part)| {
            part.split(',')
                .try_for_each(|range| field.check_range(range))
                .map_err(|why| Invalid::new(format!("`{text}` is not a valid schedule: {why}")))
        })
    }
}

impl Field {
    /// Checks `*`, `3`, `3-9`, and the same with a step: `*/5`, `3/5`, `3-9/5`.
    fn check_range(&self, range: &str) -> Result<(), String> {
        let (range, step) = match range.split_once('/') {
            Some((range, step)) => (range, Some(step)),
            None => (range, None),
        };
        if let Some(step) = step {
            match step.parse::<u32>() {
                Ok(1..) => {}
                _ => {
                    return Err(format!("the step of the {} must be at least 1, not `{step}`", self.name));
                }
            }
        }
        if matches!(range, "*" | "?") {
            return Ok(());
        }
        let (start, end) = range.split_once('-').unwrap_or((range, range));
        let (start, end) = (self.number(start)?, self.number(end)?);
        if start > end {
            return Err(format!("the {} range `{range}` ends before it starts", self.name));
        }
        Ok(())
    }

    fn number(&self, text: &str) -> Result<u32, String> {
        if let Some(at) = self.words.iter().position(|word| word.eq_ignore_ascii_case(text)) {
            return Ok(self.lowest + at as u32);
        }
        match text.parse::<u32>() {
            Ok(number) if (self.lowest..=self.highest).contains(&number) => Ok(number),
            _ => Err(format!(
                "the {} must be between {} and {}, not `{text}`",
                self.name, self.lowest, self.highest
            )),
        }
    }
}

checked_text!(Schedule, "a schedule such as `\"0 3 * * *\"`", {
    "type": "string",
    "description": "A cron schedule: minute, hour, day of the month, month and day of the week, or a macro such as `@daily`.",
    "examples": ["@daily"],
    "pattern": "^(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|@every \\S+|\\s*\\S+(\\s+\\S+){4}\\s*)$"
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::parsed::tests::table;

    #[test]
    fn schedules() {
        insta::assert_snapshot!(table::<Schedule>(&[
            "0 3 * * *", "*/15 0-6,12 1 jan-MAR ?", "5/10 * * * mon-fri", "0 0 31 12 6", "@daily", "@every 1h30m",
            "0 3 * *", "0 3 * * * *", "60 3 * * *", "0 24 * * *", "0 0 0 * *", "0 0 * 13 *", "0 0 * * 7", "*/0 * * * *",
            "9-3 * * * *", "a * * * *", ", * * * *", "@dayly", "@every day", "TZ=UTC 0 3 * * *", "",
        ]), @r"
        0 3 * * *: ok
        */15 0-6,12 1 jan-MAR ?: ok
        5/10 * * * mon-fri: ok
        0 0 31 12 6: ok
        @daily: ok
        @every 1h30m: ok
        0 3 * *: ERROR `0 3 * *` is not a valid schedule: expected five fields (minute, hour, day of the month, month, day of the week), found 4
        0 3 * * * *: ERROR `0 3 * * * *` is not a valid schedule: expected five fields (minute, hour, day of the month, month, day of the week), found 6
        60 3 * * *: ERROR `60 3 * * *` is not a valid schedule: the minute must be between 0 and 59, not `60`
        0 24 * * *: ERROR `0 24 * * *` is not a valid schedule: the hour must be between 0 and 23, not `24`
        0 0 0 * *: ERROR `0 0 0 * *` is not a valid schedule: the day of the month must be between 1 and 31, not `0`
        0 0 * 13 *: ERROR `0 0 * 13 *` is not a valid schedule: the month must be between 1 and 12, not `13`
        0 0 * * 7: ERROR `0 0 * * 7` is not a valid schedule: the day of the week must be between 0 and 6, not `7`
        */0 * * * *: ERROR `*/0 * * * *` is not a valid schedule: the step of the minute must be at least 1, not `0`
        9-3 * * * *: ERROR `9-3 * * * *` is not a valid schedule: the minute range `9-3` ends before it starts
        a * * * *: ERROR `a * * * *` is not a valid schedule: the minute must be between 0 and 59, not `a`
        , * * * *: ERROR `, * * * *` is not a valid schedule: the minute must be between 0 and 59, not ``
        @dayly: ERROR `@dayly` is not a valid schedule: the macros are @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly
        @every day: ERROR `day` is not a duration: expected whole numbers with units from the largest to the smallest, such as `30s`, `1h30m` or `7d`
        TZ=UTC 0 3 * * *: ERROR `TZ=UTC 0 3 * * *` is not a valid schedule: Kubernetes does not allow a time zone in it
        : ERROR `` is not a valid schedule: expected five fields (minute, hour, day of the month, month, day of the week), found 0
        ");
    }
}
