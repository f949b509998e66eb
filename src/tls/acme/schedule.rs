//! When a certificate is renewed, and when to try again what has failed.

use std::{
    ops::Range,
    time::{Duration, SystemTime},
};

use crate::random::random;

/// The wait after the first failure. Each further one waits four times as long: in the first hour there are five tries,
/// which is as many as Let’s Encrypt has patience for (its limit on failed validations).
const FIRST_RETRY: Duration = Duration::from_secs(30);
const LAST_RETRY: Duration = Duration::from_hours(24);
/// Whatever the authority suggests, a new certificate isn’t replaced earlier.
const MIN_AGE: Duration = Duration::from_hours(1);

/// When a certificate is good, and since when it is here.
#[derive(Clone, Copy, Debug)]
pub struct Lifetime {
    pub not_before: SystemTime,
    pub not_after: SystemTime,
    /// None if it was here when the server started.
    pub obtained: Option<SystemTime>,
}

impl Lifetime {
    /// When to renew it: within the authority’s `window` (RFC 9773 §4.2) if it suggests one, or else at two thirds of its
    /// life. `place`, from 0 to 1, spreads servers over the time that there is for it, so that an authority doesn’t meet
    /// all of them at once. There is always a sixth of the life left for failures.
    pub fn renewal(&self, window: Option<&Range<SystemTime>>, place: f64) -> SystemTime {
        let life = between(self.not_before, self.not_after);
        let due = if let Some(window) = window {
            let latest = self.not_before + life.mul_f64(5.0 / 6.0);
            latest.min(window.start + between(window.start, window.end).mul_f64(place))
        } else {
            // From 60 % to 66.7 %.
            self.not_before + life.mul_f64(0.6 + place / 15.0)
        };
        // An authority whose certificates begin in the past, or that wants all of them replaced, must not be asked
        // without end.
        let earliest = self.obtained.map(|obtained| {
            let left = between(obtained, self.not_after);
            obtained + MIN_AGE.min(left / 2)
        });
        earliest.map_or(due, |earliest| due.max(earliest))
    }
}

/// How long to wait after that many failures in a row, at the least.
pub fn retry(failures: u32) -> Duration {
    let factor = 4_u32.saturating_pow(failures.saturating_sub(1));
    let wait = FIRST_RETRY.saturating_mul(factor).min(LAST_RETRY);
    // So that not all whom an authority has failed come back at once.
    wait.mul_f64(1.0 + random_place() / 4.0)
}

/// A place in a span of time, from 0 to 1, that others don’t have.
pub fn random_place() -> f64 {
    random::<4>().map_or(0.5, |bytes| {
        f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
    })
}

fn between(from: SystemTime, to: SystemTime) -> Duration {
    to.duration_since(from).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);
    const DAY: Duration = Duration::from_hours(24);

    fn lasting(days: u32) -> Lifetime {
        let not_before = SystemTime::UNIX_EPOCH + 20_000 * DAY;
        Lifetime {
            not_before,
            not_after: not_before + days * DAY,
            obtained: Some(not_before + HOUR),
        }
    }

    #[test]
    fn a_certificate_is_renewed_at_two_thirds_of_its_life_at_the_latest() {
        // Let’s Encrypt’s lifetimes: 90 days, 45 days, and six days of a short-lived one.
        for days in [90, 45, 6] {
            let life = lasting(days);
            for (place, share) in [(0.0, 0.6), (1.0, 2.0 / 3.0)] {
                let due = between(life.not_before, life.renewal(None, place));
                let expected = (days * DAY).mul_f64(share);
                let off = due.abs_diff(expected);
                assert!(off < Duration::from_secs(1), "{days} days, {place}");
            }
        }
    }

    #[test]
    fn the_authority_may_say_when_but_not_when_it_is_nearly_too_late() {
        let life = lasting(90);
        let window = |from: u32, to: u32| life.not_before + from * DAY..life.not_before + to * DAY;
        let day = |window| between(life.not_before, life.renewal(Some(&window), 0.5));
        assert_eq!(day(window(30, 32)), 31 * DAY);
        assert_eq!(day(window(88, 90)), 75 * DAY);
    }

    #[test]
    fn an_authority_that_wants_it_replaced_at_once_is_not_asked_without_end() {
        for (days, age) in [(90, MIN_AGE), (6, MIN_AGE)] {
            let life = lasting(days);
            let past = life.not_before - DAY..life.not_before;
            let obtained = life.not_before + HOUR;
            assert_eq!(life.renewal(Some(&past), 0.0), obtained + age, "{days}");
        }
        let mut brief = lasting(1);
        brief.not_after = brief.not_before + HOUR + Duration::from_mins(1);
        let due = brief.renewal(None, 1.0);
        assert_eq!(due, brief.not_after - Duration::from_secs(30));
        // One that was there at the start may be long overdue.
        brief.obtained = None;
        assert!(brief.renewal(None, 1.0) < due);
    }

    #[test]
    fn failures_are_tried_again_after_half_a_minute_and_once_a_day_in_the_end() {
        for (failures, seconds) in [
            (1, 30),
            (2, 120),
            (3, 480),
            (4, 1920),
            (9, 86_400),
            (99, 86_400),
        ] {
            let least = Duration::from_secs(seconds);
            let wait = retry(failures);
            assert!(
                (least..=least.mul_f64(1.25)).contains(&wait),
                "{failures}: {wait:?}"
            );
        }
    }
}
