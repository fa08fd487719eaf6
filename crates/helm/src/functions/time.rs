//! Go's `time.Time`, `time.Duration` and related types as values, with the methods that templates call.

use std::any::Any;
use std::cmp::Ordering;
use std::rc::Rc;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::arguments::{Answer, Arguments};
use super::calendar::{civil_from_days, days_from_civil, weekday};
use super::duration::{self, SECOND};
use super::time_layout::{Clock, format};
use super::time_parse::{Parsed, ParsedZone};
use super::time_units::{DURATION, Duration, Month, Weekday};
use crate::template::{Call, Function, FunctionError, Moment};
use crate::value::{Kind, Native, Text, Type, Value};

/// The type of `time.Time` parameters.
pub(super) const TIME: Type = Type::Native("time.Time");
const LOCATION: Type = Type::Native("*time.Location");

/// The seconds from year 1 to 1970: Go's zero time is January 1 of year 1.
const ZERO_SECONDS: i64 = -62_135_596_800;
const DAY: i64 = 86_400;

/// A time zone.
#[derive(Clone, Debug)]
pub(super) enum Zone {
    Utc,
    /// The host's zone.
    Local(TimeZone),
    /// A zone of the database, with its name.
    Named(Rc<str>, TimeZone),
    /// Seconds east of UTC, and a name that may be empty.
    Fixed(i32, Rc<str>),
}

/// Finds a zone in the bundled database, so that the machine's own makes no difference.
fn find_zone(name: &str) -> Option<TimeZone> {
    static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);
    // Go's names are file names, which are case-sensitive.
    ZONES.get(name).ok().filter(|zone| zone.iana_name() == Some(name))
}

impl Zone {
    /// Returns the zone that Go's `time.LoadLocation` finds.
    pub(super) fn load(name: &str, local: &str) -> Option<Self> {
        match name {
            "" | "UTC" => Some(Self::Utc),
            "Local" => Some(Self::local(local)),
            _ => Some(Self::Named(name.into(), find_zone(name)?)),
        }
    }

    /// Returns the host's zone.
    pub(super) fn local(name: &str) -> Self {
        Self::Local(find_zone(name).unwrap_or(TimeZone::UTC))
    }

    /// Returns the offset and abbreviation at a time.
    fn at(&self, seconds: i64) -> (i32, String) {
        match self {
            Self::Utc => (0, "UTC".to_owned()),
            Self::Fixed(offset, name) => (*offset, name.to_string()),
            Self::Local(zone) | Self::Named(_, zone) => {
                let seconds = seconds.clamp(Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
                let timestamp = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH);
                let info = zone.to_offset_info(timestamp);
                (info.offset().seconds(), info.abbreviation().to_owned())
            }
        }
    }

    fn is_daylight_saving(&self, seconds: i64) -> bool {
        let (Self::Local(zone) | Self::Named(_, zone)) = self else { return false };
        Timestamp::from_second(seconds).is_ok_and(|timestamp| zone.to_offset_info(timestamp).dst().is_dst())
    }

    fn name(&self) -> String {
        match self {
            Self::Utc => "UTC".to_owned(),
            Self::Local(_) => "Local".to_owned(),
            Self::Named(name, _) | Self::Fixed(_, name) => name.to_string(),
        }
    }
}

/// A `time.Time`.
#[derive(Clone, Debug)]
pub(super) struct Time {
    pub(super) seconds: i64,
    pub(super) nanosecond: u32,
    pub(super) zone: Zone,
}

impl Time {
    /// Returns a moment in a zone.
    pub(super) fn new(moment: Moment, zone: Zone) -> Self {
        Self { seconds: moment.seconds, nanosecond: moment.nanoseconds, zone }
    }

    /// Returns Go's zero time.
    pub(super) fn zero() -> Self {
        Self { seconds: ZERO_SECONDS, nanosecond: 0, zone: Zone::Utc }
    }

    /// Returns the same time in a zone with the same offset and another name.
    pub(super) fn renamed(&self, zone: &str) -> Self {
        self.within(Zone::Fixed(self.zone.at(self.seconds).0, zone.into()))
    }

    /// Returns the name of the zone.
    pub(super) fn zone_name(&self) -> String {
        self.zone.name()
    }

    /// Returns a parsed time, in the local zone if the text has none.
    pub(super) fn from_parsed(parsed: &Parsed, local: &str) -> Self {
        let clock = days_from_civil(parsed.year, parsed.month, parsed.day) * DAY
            + parsed.hour * 3600
            + parsed.minute * 60
            + parsed.second;
        let here = Zone::local(local);
        let (seconds, zone) = match &parsed.zone {
            ParsedZone::Utc => (clock, Zone::Utc),
            ParsedZone::None => (on_clock(clock, &here), here),
            ParsedZone::Offset(offset, name) => {
                let seconds = clock - i64::from(*offset);
                let (own, own_name) = here.at(seconds);
                let is_local = own == *offset && (name.is_empty() || *name == own_name);
                (seconds, if is_local { here } else { Zone::Fixed(*offset, name.as_str().into()) })
            }
            ParsedZone::Name(name) => {
                let (offset, own_name) = here.at(clock);
                if own_name == *name {
                    (clock - i64::from(offset), here)
                } else {
                    let hours: i32 =
                        name.strip_prefix("GMT").and_then(|hours| hours.parse().ok()).unwrap_or_default();
                    (clock - i64::from(hours) * 3600, Zone::Fixed(hours * 3600, name.as_str().into()))
                }
            }
        };
        Self { seconds, nanosecond: parsed.nanosecond, zone }
    }

    /// Formats the time with a layout.
    pub(super) fn format(&self, layout: &[u8]) -> Text {
        let (offset, zone) = self.zone.at(self.seconds);
        let local = self.seconds.saturating_add(offset.into());
        let days = local.div_euclid(DAY);
        let (year, month, day) = civil_from_days(days);
        let second = u32::try_from(local.rem_euclid(DAY)).unwrap_or_default();
        let part = |value: u32| u8::try_from(value).unwrap_or_default();
        let clock = Clock {
            year,
            month,
            day,
            weekday: weekday(days),
            year_day: u16::try_from(days - days_from_civil(year, 1, 1) + 1).unwrap_or_default(),
            hour: part(second / 3600),
            minute: part(second / 60 % 60),
            second: part(second % 60),
            nanosecond: self.nanosecond,
            zone: &zone,
            offset,
        };
        format(&clock, layout).into()
    }

    /// Returns the same time in another zone.
    pub(super) fn within(&self, zone: Zone) -> Self {
        Self { zone, ..self.clone() }
    }

    /// Returns the time the given number of nanoseconds later.
    pub(super) fn plus(&self, nanoseconds: i64) -> Self {
        let total = i64::from(self.nanosecond) + nanoseconds % SECOND;
        let seconds =
            self.seconds.saturating_add(nanoseconds / SECOND).saturating_add(total.div_euclid(SECOND));
        let nanosecond = u32::try_from(total.rem_euclid(SECOND)).unwrap_or_default();
        Self { seconds, nanosecond, zone: self.zone.clone() }
    }

    /// Returns the nanoseconds since another time, saturating.
    pub(super) fn since(&self, earlier: &Self) -> i64 {
        let seconds = i128::from(self.seconds) - i128::from(earlier.seconds);
        let total =
            seconds * i128::from(SECOND) + i128::from(self.nanosecond) - i128::from(earlier.nanosecond);
        i64::try_from(total).unwrap_or(if total < 0 { i64::MIN } else { i64::MAX })
    }

    fn compare(&self, other: &Self) -> Ordering {
        (self.seconds, self.nanosecond).cmp(&(other.seconds, other.nanosecond))
    }

    fn local(&self) -> i64 {
        self.seconds.saturating_add(self.zone.at(self.seconds).0.into())
    }

    fn date(&self) -> (i64, u8, u8) {
        civil_from_days(self.local().div_euclid(DAY))
    }

    /// Returns the time in RFC 3339, as `encoding/json` writes it.
    fn rfc3339(&self) -> Text {
        self.format(b"2006-01-02T15:04:05.999999999Z07:00")
    }

    /// Returns the time in RFC 3339 for the given method, which refuses years outside 0 to 9999.
    fn marshalled(&self, method: &str) -> Result<Text, FunctionError> {
        match self.date().0 {
            0..=9999 => Ok(self.rfc3339()),
            _ => Err(FunctionError::new(format!("Time.{method}: year outside of range [0,9999]"))),
        }
    }

    fn rounded(&self, multiple: i64, round: fn(i64, i64) -> i64) -> Self {
        if multiple <= 0 {
            return self.clone();
        }
        // Go counts multiples from the zero time.
        let total = (i128::from(self.seconds) - i128::from(ZERO_SECONDS)) * i128::from(SECOND)
            + i128::from(self.nanosecond);
        let rest = i64::try_from(total.rem_euclid(i128::from(multiple))).unwrap_or_default();
        self.plus(round(rest, multiple) - rest)
    }
}

/// Returns the time when a zone's clock shows a date that was counted as if in UTC.
fn on_clock(clock: i64, zone: &Zone) -> i64 {
    let guess = clock - i64::from(zone.at(clock).0);
    clock - i64::from(zone.at(guess).0)
}

impl Native for Time {
    fn type_name(&self) -> &'static str {
        "time.Time"
    }

    fn kind(&self) -> Kind {
        Kind::Struct
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn text(&self) -> Option<String> {
        Some(self.format(b"2006-01-02 15:04:05.999999999 -0700 MST").to_str().into_owned())
    }

    fn go_text(&self) -> Option<String> {
        let (year, month, day) = self.date();
        let clock = self.local().rem_euclid(DAY);
        let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
        let month = Month(month.into()).text()?;
        let location = match &self.zone {
            Zone::Utc => "time.UTC".to_owned(),
            Zone::Local(_) => "time.Local".to_owned(),
            Zone::Named(name, _) | Zone::Fixed(_, name) => {
                format!("time.Location({})", duration::quote(name.as_bytes()))
            }
        };
        let nanosecond = self.nanosecond;
        Some(format!(
            "time.Date({year}, time.{month}, {day}, {hour}, {minute}, {second}, {nanosecond}, {location})"
        ))
    }

    fn equal(&self, other: &dyn Native) -> bool {
        time_of(other).is_some_and(|other| {
            self.compare(other) == Ordering::Equal && self.zone.name() == other.zone.name()
        })
    }

    fn to_json(&self) -> Value {
        Value::String(self.rfc3339())
    }
}

fn time_of(native: &dyn Native) -> Option<&Time> {
    native.as_any().downcast_ref()
}

/// Returns the time in a value.
pub(super) fn as_time(value: &Value) -> Option<&Time> {
    match value {
        Value::Native(native) => time_of(native.as_ref()),
        _ => None,
    }
}

/// Returns an argument that is a time.
pub(super) fn time_argument(arguments: &[Value], index: usize) -> Result<&Time, FunctionError> {
    as_time(Arguments(arguments).value(index)?).ok_or_else(|| FunctionError::new("expected time.Time"))
}

pub(crate) static TIME_METHODS: &[Function] = &[
    Function::new("Add", &[DURATION], |_, arguments| {
        Ok(Value::native(time_argument(arguments, 0)?.plus(Arguments(arguments).int(1)?)))
    }),
    Function::new("AddDate", &[Type::INT, Type::INT, Type::INT], add_date),
    Function::new("After", &[TIME], |_, arguments| ordered(arguments, |order| order == Ordering::Greater)),
    Function::new("Before", &[TIME], |_, arguments| ordered(arguments, |order| order == Ordering::Less)),
    Function::unfit("Clock", "function Clock has 3 return values; should be 1 or 2"),
    Function::new("Compare", &[TIME], |_, arguments| {
        let order = time_argument(arguments, 0)?.compare(time_argument(arguments, 1)?);
        Ok(Value::int(order as i64))
    }),
    Function::unfit("Date", "function Date has 3 return values; should be 1 or 2"),
    Function::new("Day", &[], |_, arguments| Ok(Value::int(time_argument(arguments, 0)?.date().2.into()))),
    Function::new("Equal", &[TIME], |_, arguments| ordered(arguments, |order| order == Ordering::Equal)),
    Function::new("Format", &[Type::String], |_, arguments| {
        Ok(Value::String(time_argument(arguments, 0)?.format(Arguments(arguments).bytes(1)?)))
    }),
    Function::new("GoString", &[], |_, arguments| {
        Ok(time_argument(arguments, 0)?.go_text().unwrap_or_default().into())
    }),
    Function::new("Hour", &[], |_, arguments| clock_part(arguments, 3600, 24)),
    Function::unfit(
        "ISOWeek",
        "invalid function signature for ISOWeek: second return value should be error; is int",
    ),
    Function::new("In", &[LOCATION], |_, arguments| {
        let time = time_argument(arguments, 0)?;
        match Arguments(arguments).value(1)? {
            Value::Native(native) if let Some(Location(zone)) = native.as_any().downcast_ref() => {
                Ok(Value::native(time.within(zone.clone())))
            }
            _ => Err(FunctionError::new("time: missing Location in call to Time.In")),
        }
    }),
    Function::new("IsDST", &[], |_, arguments| {
        let time = time_argument(arguments, 0)?;
        Ok(time.zone.is_daylight_saving(time.seconds).into())
    }),
    Function::new("IsZero", &[], |_, arguments| {
        let time = time_argument(arguments, 0)?;
        Ok(((time.seconds, time.nanosecond) == (ZERO_SECONDS, 0)).into())
    }),
    Function::new("Local", &[], |call, arguments| {
        Ok(Value::native(time_argument(arguments, 0)?.within(Zone::local(&call.time_zone()))))
    }),
    Function::new("Location", &[], |_, arguments| {
        Ok(Value::native(Location(time_argument(arguments, 0)?.zone.clone())))
    }),
    Function::new("MarshalJSON", &[], |_, arguments| {
        let text = time_argument(arguments, 0)?.marshalled("MarshalJSON")?;
        Ok(Value::Bytes([b"\"", text.as_bytes(), b"\""].concat().into()))
    }),
    Function::new("MarshalText", &[], |_, arguments| {
        let text = time_argument(arguments, 0)?.marshalled("MarshalText")?;
        Ok(Value::Bytes(text.as_bytes().into()))
    }),
    Function::new("Minute", &[], |_, arguments| clock_part(arguments, 60, 60)),
    Function::new("Month", &[], |_, arguments| {
        Ok(Value::native(Month(time_argument(arguments, 0)?.date().1.into())))
    }),
    Function::new("Nanosecond", &[], |_, arguments| {
        Ok(Value::int(time_argument(arguments, 0)?.nanosecond.into()))
    }),
    Function::new("Round", &[DURATION], |_, arguments| {
        let multiple = Arguments(arguments).int(1)?;
        Ok(Value::native(time_argument(arguments, 0)?.rounded(multiple, duration::round)))
    }),
    Function::new("Second", &[], |_, arguments| clock_part(arguments, 1, 60)),
    Function::new("String", &[], |_, arguments| {
        Ok(time_argument(arguments, 0)?.text().unwrap_or_default().into())
    }),
    Function::new("Sub", &[TIME], |_, arguments| {
        Ok(Value::native(Duration(time_argument(arguments, 0)?.since(time_argument(arguments, 1)?))))
    }),
    Function::new("Truncate", &[DURATION], |_, arguments| {
        let multiple = Arguments(arguments).int(1)?;
        Ok(Value::native(time_argument(arguments, 0)?.rounded(multiple, duration::truncate)))
    }),
    Function::new("UTC", &[], |_, arguments| {
        Ok(Value::native(time_argument(arguments, 0)?.within(Zone::Utc)))
    }),
    Function::new("Unix", &[], |_, arguments| Ok(Value::int64(time_argument(arguments, 0)?.seconds))),
    Function::new("UnixMicro", &[], |_, arguments| unix(arguments, 1_000_000)),
    Function::new("UnixMilli", &[], |_, arguments| unix(arguments, 1_000)),
    Function::new("UnixNano", &[], |_, arguments| unix(arguments, SECOND)),
    Function::new("Weekday", &[], |_, arguments| {
        let days = time_argument(arguments, 0)?.local().div_euclid(DAY);
        Ok(Value::native(Weekday(weekday(days).into())))
    }),
    Function::new("Year", &[], |_, arguments| Ok(Value::int(time_argument(arguments, 0)?.date().0))),
    Function::new("YearDay", &[], |_, arguments| {
        let days = time_argument(arguments, 0)?.local().div_euclid(DAY);
        Ok(Value::int(days - days_from_civil(civil_from_days(days).0, 1, 1) + 1))
    }),
    Function::unfit(
        "Zone",
        "invalid function signature for Zone: second return value should be error; is int",
    ),
    Function::unfit(
        "ZoneBounds",
        "invalid function signature for ZoneBounds: second return value should be error; is time.Time",
    ),
];

fn ordered(arguments: &[Value], holds: fn(Ordering) -> bool) -> Answer {
    Ok(holds(time_argument(arguments, 0)?.compare(time_argument(arguments, 1)?)).into())
}

fn clock_part(arguments: &[Value], unit: i64, modulus: i64) -> Answer {
    Ok(Value::int(time_argument(arguments, 0)?.local().rem_euclid(DAY) / unit % modulus))
}

fn unix(arguments: &[Value], unit: i64) -> Answer {
    let time = time_argument(arguments, 0)?;
    let fraction = i64::from(time.nanosecond) / (SECOND / unit);
    Ok(Value::int64(time.seconds.wrapping_mul(unit).wrapping_add(fraction)))
}

fn add_date(_: &mut Call<'_>, arguments: &[Value]) -> Answer {
    let time = time_argument(arguments, 0)?;
    let arguments = Arguments(arguments);
    let (year, month, day) = time.date();
    let days = days_from_civil(
        year.saturating_add(arguments.int(1)?),
        i64::from(month).saturating_add(arguments.int(2)?),
        i64::from(day).saturating_add(arguments.int(3)?),
    );
    let clock = days.saturating_mul(DAY).saturating_add(time.local().rem_euclid(DAY));
    Ok(Value::native(Time { seconds: on_clock(clock, &time.zone), ..time.clone() }))
}

/// The `String` method for natives that have no other.
pub(crate) static STRING_METHOD: &[Function] = &[Function::new("String", &[], |_, arguments| {
    let text = match arguments.first() {
        Some(Value::Native(native)) => native.text(),
        _ => None,
    };
    Ok(text.unwrap_or_default().into())
})];

/// A `*time.Location`.
#[derive(Clone, Debug)]
struct Location(Zone);

impl Native for Location {
    fn type_name(&self) -> &'static str {
        "*time.Location"
    }

    fn kind(&self) -> Kind {
        Kind::Pointer
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn text(&self) -> Option<String> {
        Some(self.0.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::functions::time_parse::parse;

    #[test]
    fn zones() {
        let time = Time { seconds: 1_685_855_167, nanosecond: 0, zone: Zone::Utc };
        let berlin = Zone::load("Europe/Berlin", "UTC").expect("the zone is in the database");
        let shown = time.within(berlin).text().expect("times can be printed");
        assert_eq!(shown, "2023-06-04 07:06:07 +0200 CEST");
        assert!(Zone::load("Nowhere/Bad", "UTC").is_none());
        assert!(Zone::load("europe/berlin", "UTC").is_none());
        assert!(Zone::load("US/Eastern", "UTC").is_some());
    }

    #[test]
    fn parsed_offsets_are_kept() {
        let parsed =
            parse(b"2006-01-02T15:04:05Z07:00", b"2017-12-31T10:11:12+02:00").expect("the text fits");
        let time = Time::from_parsed(&parsed, "UTC");
        assert_eq!(time.text().as_deref(), Some("2017-12-31 10:11:12 +0200 +0200"));
        assert_eq!(time.rfc3339(), "2017-12-31T10:11:12+02:00");
        assert_eq!(Time::zero().text().as_deref(), Some("0001-01-01 00:00:00 +0000 UTC"));
    }
}
