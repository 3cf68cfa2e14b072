//! When a request is sent again, and after how long.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Before the first repetition; it doubles with each.
const FIRST: Duration = Duration::from_millis(500);
/// The longest pause that is taken without being asked for.
const LONGEST: Duration = Duration::from_secs(15);
/// The longest pause that a product may ask for.
const MOST_ASKED: Duration = Duration::from_mins(2);

/// Statuses that say that a later request may do better.
pub fn is_busy(status: u16) -> bool {
    matches!(status, 429 | 502 | 503 | 504)
}

/// How long to wait before the repetition after `attempt` (from 0), with what `Retry-After` said; nothing where that is too long. Up to
/// a quarter is added by chance, so that two clients that were refused together do not come back together.
pub fn pause(attempt: u32, asked: Option<&str>) -> Option<Duration> {
    if let Some(asked) = asked.and_then(|text| after(text, SystemTime::now())) {
        return (asked <= MOST_ASKED).then_some(asked);
    }
    let own = FIRST.saturating_mul(2_u32.saturating_pow(attempt)).min(LONGEST);
    Some(own + own.mul_f64(fastrand::f64() / 4.0))
}

/// `Retry-After`: seconds, or a date (RFC 9110, 10.2.3). Nothing where it is neither.
fn after(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let at = jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_millisecond();
    let now = now.duration_since(UNIX_EPOCH).ok()?.as_millis();
    Some(Duration::from_millis(u64::try_from(i128::from(at) - i128::try_from(now).ok()?).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_may_say_when_in_two_ways() {
        let now = UNIX_EPOCH + Duration::from_secs(784_111_770);
        assert_eq!(after("7", now), Some(Duration::from_secs(7)));
        assert_eq!(after("Sun, 06 Nov 1994 08:49:37 GMT", now), Some(Duration::from_secs(7)));
        assert_eq!(after("Sun, 06 Nov 1994 08:49:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(after("soon", now), None);
        assert_eq!(after("-1", now), None);
    }

    #[test]
    fn pauses_grow_and_end() {
        let own = |attempt| pause(attempt, None).unwrap();
        assert!(own(0) >= FIRST && own(0) <= FIRST.mul_f64(1.25));
        assert!(own(1) >= FIRST * 2 && own(40) <= LONGEST.mul_f64(1.25));
        assert_eq!(pause(3, Some("0")), Some(Duration::ZERO));
        assert_eq!(pause(0, Some("3600")), None);
    }
}
