//! Quiet hours: the part of each day in which somebody isn’t told of messages, by the clocks where they live.

use std::fmt;

use jiff::{civil::Time, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::Timestamp;
use crate::error::{Error, Result};

const MINUTES_AN_HOUR: i16 = 60;
const MINUTES_A_DAY: i16 = 24 * MINUTES_AN_HOUR;

/// A time of day, to the minute. In JSON it is `HH:MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClockTime(i16);

impl ClockTime {
    /// The time so many minutes after midnight. None if that is another day.
    #[must_use]
    pub fn from_minutes(minutes: i16) -> Option<Self> {
        (0..MINUTES_A_DAY)
            .contains(&minutes)
            .then_some(Self(minutes))
    }

    /// How many minutes it is after midnight, as clocks show them.
    #[must_use]
    pub fn minutes(self) -> i16 {
        self.0
    }

    /// The time in a text of the form `HH:MM`, from `00:00` to `23:59`.
    fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.split_once(':')?;
        let number = |digits: &str, end: i16| {
            let is_number = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
            let number = is_number.then(|| digits.parse().ok()).flatten()?;
            (0..end).contains(&number).then_some(number)
        };
        let hours = number(hours, MINUTES_A_DAY / MINUTES_AN_HOUR)?;
        let minutes = number(minutes, MINUTES_AN_HOUR)?;
        Some(Self(hours * MINUTES_AN_HOUR + minutes))
    }

    fn of(time: Time) -> Self {
        Self(i16::from(time.hour()) * MINUTES_AN_HOUR + i16::from(time.minute()))
    }
}

impl fmt::Display for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:02}:{:02}",
            self.0 / MINUTES_AN_HOUR,
            self.0 % MINUTES_AN_HOUR
        )
    }
}

impl Serialize for ClockTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A part of each day in which somebody isn’t told of messages. If it ends before it begins, it goes over midnight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct QuietHours {
    /// When it begins.
    pub from: ClockTime,
    /// When it is over.
    pub to: ClockTime,
    /// By the clocks of which time zone: a name of the IANA Time Zone Database (RFC 6557).
    #[schemars(length(min = 1), extend("examples" = ["Europe/Berlin"]))]
    pub zone: String,
}

impl QuietHours {
    /// Quiet hours as somebody has entered them.
    ///
    /// # Errors
    /// [`Error::Invalid`] if a time or the zone isn’t one, or if it is all day or never.
    pub fn new(from: &str, to: &str, zone: &str) -> Result<Self> {
        let time = |text| {
            let reason = "Quiet hours go from one time to another, such as 22:00 and 07:00.";
            ClockTime::parse(text).ok_or_else(|| Error::invalid("quiet", reason))
        };
        let (from, to) = (time(from)?, time(to)?);
        if from == to {
            let reason = "Quiet hours must end at another time than they begin.";
            return Err(Error::invalid("quiet", reason));
        }
        // Its name as the database spells it.
        let zone = zone_of(zone).and_then(|zone| zone.iana_name().map(str::to_owned));
        let zone = zone.ok_or_else(|| {
            let reason = "This time zone isn’t known. Choose one such as Europe/Berlin.";
            Error::invalid("quiet", reason)
        })?;
        Ok(Self { from, to, zone })
    }

    /// Whether a moment is in them. What clocks show is what counts: when they are set forward over the beginning, it
    /// begins with what they show next, and an hour that they show twice is quiet twice.
    #[must_use]
    pub fn cover(&self, moment: Timestamp) -> bool {
        let moment = jiff::Timestamp::from_millisecond(moment.0).ok();
        let Some((moment, zone)) = moment.zip(zone_of(&self.zone)) else {
            return false;
        };
        let shown = ClockTime::of(zone.to_datetime(moment).time());
        if self.from < self.to {
            (self.from..self.to).contains(&shown)
        } else {
            shown >= self.from || shown < self.to
        }
    }
}

fn zone_of(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).ok().filter(|zone| !zone.is_unknown())
}

#[cfg(test)]
#[allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]
mod tests {
    use super::*;

    /// Moments around changes of clocks, from the Time Zone Database: in Berlin, 2 o’clock became 3 on 29 March 2026 and
    /// 3 became 2 on 25 October; on Lord Howe Island clocks move by half an hour; in Apia, 30 December 2011 was left out;
    /// Kathmandu is 5:45 ahead.
    const MOMENTS: &[(&str, &str, &str, &str, bool)] = &[
        (
            "22:00",
            "07:00",
            "Europe/Berlin",
            "2026-01-10T20:59:59Z",
            false,
        ),
        (
            "22:00",
            "07:00",
            "Europe/Berlin",
            "2026-01-10T21:00:00Z",
            true,
        ),
        (
            "22:00",
            "07:00",
            "Europe/Berlin",
            "2026-01-11T05:59:59Z",
            true,
        ),
        (
            "22:00",
            "07:00",
            "Europe/Berlin",
            "2026-01-11T06:00:00Z",
            false,
        ),
        (
            "22:00",
            "07:00",
            "Europe/Berlin",
            "2026-07-10T20:00:00Z",
            true,
        ),
        (
            "22:00",
            "07:00",
            "Europe/Berlin",
            "2026-07-11T05:00:00Z",
            false,
        ),
        (
            "12:00",
            "13:30",
            "Europe/Berlin",
            "2026-01-10T12:29:59Z",
            true,
        ),
        (
            "12:00",
            "13:30",
            "Europe/Berlin",
            "2026-01-10T12:30:00Z",
            false,
        ),
        (
            "12:00",
            "13:30",
            "Europe/Berlin",
            "2026-01-10T10:59:59Z",
            false,
        ),
        // The beginning is left out.
        (
            "02:30",
            "04:00",
            "Europe/Berlin",
            "2026-03-29T00:59:59Z",
            false,
        ),
        (
            "02:30",
            "04:00",
            "Europe/Berlin",
            "2026-03-29T01:00:00Z",
            true,
        ),
        (
            "02:30",
            "04:00",
            "Europe/Berlin",
            "2026-03-29T02:00:00Z",
            false,
        ),
        // The end is left out.
        (
            "01:00",
            "02:30",
            "Europe/Berlin",
            "2026-03-29T00:59:59Z",
            true,
        ),
        (
            "01:00",
            "02:30",
            "Europe/Berlin",
            "2026-03-29T01:00:00Z",
            false,
        ),
        // Both are.
        (
            "02:10",
            "02:50",
            "Europe/Berlin",
            "2026-03-29T01:00:00Z",
            false,
        ),
        // They are shown twice.
        (
            "02:15",
            "02:45",
            "Europe/Berlin",
            "2026-10-25T00:14:59Z",
            false,
        ),
        (
            "02:15",
            "02:45",
            "Europe/Berlin",
            "2026-10-25T00:15:00Z",
            true,
        ),
        (
            "02:15",
            "02:45",
            "Europe/Berlin",
            "2026-10-25T00:50:00Z",
            false,
        ),
        (
            "02:15",
            "02:45",
            "Europe/Berlin",
            "2026-10-25T01:15:00Z",
            true,
        ),
        (
            "02:15",
            "02:45",
            "Europe/Berlin",
            "2026-10-25T01:45:00Z",
            false,
        ),
        (
            "01:40",
            "01:50",
            "Australia/Lord_Howe",
            "2026-04-04T14:45:00Z",
            true,
        ),
        (
            "01:40",
            "01:50",
            "Australia/Lord_Howe",
            "2026-04-04T14:55:00Z",
            false,
        ),
        (
            "01:40",
            "01:50",
            "Australia/Lord_Howe",
            "2026-04-04T15:15:00Z",
            true,
        ),
        (
            "02:00",
            "02:15",
            "Australia/Lord_Howe",
            "2026-10-03T15:30:00Z",
            false,
        ),
        (
            "23:00",
            "01:00",
            "Pacific/Apia",
            "2011-12-30T09:30:00Z",
            true,
        ),
        (
            "23:00",
            "01:00",
            "Pacific/Apia",
            "2011-12-30T10:59:59Z",
            true,
        ),
        (
            "23:00",
            "01:00",
            "Pacific/Apia",
            "2011-12-30T11:00:00Z",
            false,
        ),
        (
            "06:00",
            "07:00",
            "Asia/Kathmandu",
            "2026-05-01T00:15:00Z",
            true,
        ),
        (
            "06:00",
            "07:00",
            "Asia/Kathmandu",
            "2026-05-01T01:15:00Z",
            false,
        ),
        // Past the last change that the database lists, its rule goes on.
        (
            "22:00",
            "07:00",
            "Europe/Berlin",
            "2060-07-10T20:00:00Z",
            true,
        ),
        (
            "22:00",
            "07:00",
            "Europe/Berlin",
            "2060-01-10T20:00:00Z",
            false,
        ),
    ];

    #[test]
    fn quiet_hours_are_those_that_the_clocks_show() {
        for &(from, to, zone, moment, is_quiet) in MOMENTS {
            let hours = QuietHours::new(from, to, zone).expect(zone);
            let parsed = Timestamp::parse(moment).expect(moment);
            assert_eq!(hours.cover(parsed), is_quiet, "{from}–{to} {zone} {moment}");
        }
    }

    #[test]
    fn what_are_no_quiet_hours_is_refused() {
        for (from, to, zone) in [
            ("24:00", "07:00", "Europe/Berlin"),
            ("22:60", "07:00", "Europe/Berlin"),
            ("22:00", "7:00", "Europe/Berlin"),
            ("+2:00", "07:00", "Europe/Berlin"),
            ("22", "07:00", "Europe/Berlin"),
            ("22:00:00", "07:00", "Europe/Berlin"),
            ("", "", "Europe/Berlin"),
            ("22:00", "22:00", "Europe/Berlin"),
            ("22:00", "07:00", "Europe/Atlantis"),
            ("22:00", "07:00", "../etc/passwd"),
            ("22:00", "07:00", "Etc/Unknown"),
            ("22:00", "07:00", ""),
        ] {
            assert!(
                QuietHours::new(from, to, zone).is_err(),
                "{from}–{to} {zone}"
            );
        }
        let hours = QuietHours::new("22:05", "07:00", "europe/berlin").expect("in any case");
        assert_eq!(hours.zone, "Europe/Berlin");
        assert_eq!(hours.from.to_string(), "22:05");
    }
}
