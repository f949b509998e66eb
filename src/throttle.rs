//! Slows down guessing: a limited number of attempts per address and per network around it, and for each account one guess
//! at a time, with a growing delay. A device on which somebody has signed in before has a queue and a delay of its own, so
//! that nobody is locked out of it by somebody else’s guessing (OWASP, Slow Down Online Guessing Attacks with Device
//! Cookies). All of it is kept in memory only, and measured by the monotonic clock.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, RandomState},
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use governor::{
    Quota, RateLimiter, clock::Clock, middleware::NoOpMiddleware, state::keyed::HashMapStateStore,
};
use parking_lot::Mutex;
use tokio::{
    sync::{Mutex as Gate, OwnedMutexGuard},
    time::{Instant, sleep},
};

use crate::{
    error::{Error, Result},
    model::{HookId, UserId},
};

/// The attempts that an address has at once, and how often it gets another.
const ATTEMPTS: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
const ATTEMPT_EVERY: Duration = Duration::from_secs(3);
/// Who has one IPv6 /64 may have all of the /56 or the /48 around it (RFC 6177), so these have attempts of their own: more
/// than the /64, as several households may share them.
const WIDER_NETWORKS: [(u8, NonZeroU32, Duration); 2] = [
    (
        56,
        ATTEMPTS.saturating_add(10),
        Duration::from_millis(1_500),
    ),
    (48, ATTEMPTS.saturating_add(30), Duration::from_millis(750)),
];
/// The same for the messages of a hook.
const POSTS: NonZeroU32 = NonZeroU32::MIN.saturating_add(29);
const POST_EVERY: Duration = Duration::from_secs(2);
/// The same for the codes of an account’s second step, from wherever they come. Three of a million codes are right at a
/// time, so that somebody who has the password already, and guesses on, gets in once in two years on average.
const CODES: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
const CODE_EVERY: Duration = Duration::from_mins(3);

/// Wrong passwords in a row without a delay, as everybody mistypes.
const FREE_FAILURES: u32 = 3;
/// The delay starts at one second and doubles this many times, up to 8 s.
const MAX_DOUBLINGS: u32 = 3;
/// How many guesses at an account may wait for the one that is being checked.
const MAX_WAITING: usize = 3;
/// How long a failure counts.
const FAILURE_LIFETIME: Duration = Duration::from_hours(1);

/// The number of keys from which on a limiter looks for keys to evict.
const EVICT_FROM_KEYS: usize = 4_096;
/// How often it looks at most, because it has to visit every key.
const EVICT_EVERY: Duration = Duration::from_secs(1);
/// The most lanes whose failures are kept.
const MAX_LANES: usize = 10_000;

/// Limits attempts to sign in and other requests that prove a secret.
pub struct Throttle {
    addresses: Limiter<IpAddr>,
    /// By the length of the prefix.
    wider: [(u8, Limiter<IpAddr>); WIDER_NETWORKS.len()],
    hooks: Limiter<HookId>,
    codes: Limiter<UserId>,
    /// By a hash of the lane, as the username in it may be long, and need not exist.
    failures: Mutex<HashMap<u64, Failures>>,
    /// The lanes in which somebody is.
    queues: Arc<Mutex<HashMap<u64, Queue>>>,
    hasher: RandomState,
}

/// Those who guess at the password of one account, one at a time. It has the folded username, whether or not there is such
/// an account.
#[derive(Clone, Copy, Debug, Hash)]
pub enum Lane<'a> {
    /// Everybody who isn’t known.
    Strangers(&'a str),
    /// A device on which somebody has signed in to this account before.
    Device(&'a str, &'a str),
    /// Those who are signed in to this account, and confirm something.
    SignedIn(&'a str),
}

/// Those who have a place in a lane.
#[derive(Default)]
struct Queue {
    places: usize,
    /// What they wait for.
    gate: Arc<Gate<()>>,
}

/// The place of a guess in a lane.
struct Place {
    queues: Arc<Mutex<HashMap<u64, Queue>>>,
    lane: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut queues = self.queues.lock();
        if let Some(queue) = queues.get_mut(&self.lane) {
            queue.places -= 1;
            if queue.places == 0 {
                queues.remove(&self.lane);
            }
        }
    }
}

/// The turn to guess. The next one’s begins when this is dropped.
pub struct Turn {
    // Dropped in this order.
    _guard: OwnedMutexGuard<()>,
    _place: Place,
}

/// Wrong passwords in a row in one lane.
struct Failures {
    count: u32,
    last: Instant,
}

impl Default for Throttle {
    fn default() -> Self {
        Self {
            addresses: Limiter::new(ATTEMPTS, ATTEMPT_EVERY),
            wider: WIDER_NETWORKS
                .map(|(prefix, burst, every)| (prefix, Limiter::new(burst, every))),
            hooks: Limiter::new(POSTS, POST_EVERY),
            codes: Limiter::new(CODES, CODE_EVERY),
            failures: Mutex::default(),
            queues: Arc::default(),
            hasher: RandomState::new(),
        }
    }
}

impl Throttle {
    /// Counts an attempt from `address`.
    ///
    /// # Errors
    /// [`Error::Throttled`] after too many from there, or from the networks around it.
    pub fn admit(&self, address: IpAddr) -> Result<()> {
        let address = address.to_canonical();
        self.addresses.admit(network(address))?;
        if address.is_ipv6() {
            for (prefix, limiter) in &self.wider {
                limiter.admit(around(address, *prefix))?;
            }
        }
        Ok(())
    }

    /// Counts a message that a hook posts.
    ///
    /// # Errors
    /// [`Error::Throttled`] after too many.
    pub fn admit_post(&self, hook: HookId) -> Result<()> {
        self.hooks.admit(hook)
    }

    /// Counts a code for the second step of an account.
    ///
    /// # Errors
    /// [`Error::Throttled`] after too many.
    pub fn admit_code(&self, user: UserId) -> Result<()> {
        self.codes.admit(user)
    }

    /// Waits until it is one’s turn in the lane, and then for the delay that its failures in a row call for.
    ///
    /// # Errors
    /// [`Error::Throttled`] if too many wait already.
    pub async fn turn(&self, lane: Lane<'_>) -> Result<Turn> {
        let (place, gate) = self.place(lane)?;
        let guard = gate.lock_owned().await;
        sleep(self.delay(lane)).await;
        Ok(Turn {
            _guard: guard,
            _place: place,
        })
    }

    fn place(&self, lane: Lane<'_>) -> Result<(Place, Arc<Gate<()>>)> {
        let key = self.hash(lane);
        let mut queues = self.queues.lock();
        let queue = queues.entry(key).or_default();
        if queue.places > MAX_WAITING {
            let seconds = self.delay(lane).as_secs().max(1);
            return Err(Error::Throttled { seconds });
        }
        queue.places += 1;
        let place = Place {
            queues: Arc::clone(&self.queues),
            lane: key,
        };
        Ok((place, Arc::clone(&queue.gate)))
    }

    fn delay(&self, lane: Lane<'_>) -> Duration {
        let failures = self.failures.lock().get(&self.hash(lane)).map(counting);
        let more = failures.and_then(|count| count.checked_sub(FREE_FAILURES));
        more.map_or(Duration::ZERO, |more| {
            Duration::from_secs(1 << more.min(MAX_DOUBLINGS))
        })
    }

    /// Records a wrong password.
    pub fn failed(&self, lane: Lane<'_>) {
        let mut failures = self.failures.lock();
        let key = self.hash(lane);
        if failures.len() >= MAX_LANES && !failures.contains_key(&key) {
            evict(&mut failures);
        }
        let count = failures.get(&key).map_or(0, counting).saturating_add(1);
        let last = Instant::now();
        failures.insert(key, Failures { count, last });
    }

    /// Records a right password, which clears earlier failures.
    pub fn succeeded(&self, lane: Lane<'_>) {
        self.failures.lock().remove(&self.hash(lane));
    }

    fn hash(&self, lane: Lane<'_>) -> u64 {
        self.hasher.hash_one(lane)
    }
}

/// How many failures still count.
fn counting(failures: &Failures) -> u32 {
    if failures.last.elapsed() < FAILURE_LIFETIME {
        failures.count
    } else {
        0
    }
}

/// Removes the lanes whose failures no longer count, or else the one whose last failure is the oldest.
fn evict(failures: &mut HashMap<u64, Failures>) {
    failures.retain(|_, failures| counting(failures) > 0);
    if failures.len() < MAX_LANES {
        return;
    }
    let oldest = failures.iter().min_by_key(|(_, failures)| failures.last);
    if let Some(oldest) = oldest.map(|(key, _)| *key) {
        failures.remove(&oldest);
    }
}

/// The network that counts as one client: an IPv4 address, or the IPv6 /64 that a provider gives to a household.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    around(address.to_canonical(), 64)
}

/// An IPv4 address, or the IPv6 network with so long a prefix.
pub(crate) fn around(address: IpAddr, prefix: u8) -> IpAddr {
    match address {
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & u128::MAX << (128 - prefix)).into()
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// A burst for each key, and then one at a time.
pub(crate) struct Limiter<K: Hash + Eq + Clone> {
    clock: Monotonic,
    limits: RateLimiter<K, HashMapStateStore<K>, Monotonic, NoOpMiddleware<Duration>>,
    /// When it last looked for keys to evict.
    evicted: Mutex<Instant>,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    /// Allows `burst` at once, and then one per `every`, which must not be zero.
    pub(crate) fn new(burst: NonZeroU32, every: Duration) -> Self {
        let clock = Monotonic(Instant::now());
        let quota = Quota::with_period(every).unwrap_or(Quota::per_second(burst));
        Self {
            limits: RateLimiter::hashmap_with_clock(quota.allow_burst(burst), clock),
            evicted: Mutex::new(clock.0),
            clock,
        }
    }

    pub(crate) fn admit(&self, key: K) -> Result<()> {
        self.evict();
        self.limits.check_key(&key).map_err(|refusal| {
            let wait = refusal.wait_time_from(self.clock.now());
            // Rounded up, so that a client that waits this long is admitted.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            Error::Throttled {
                seconds: seconds.max(1),
            }
        })
    }

    /// If there are many keys, drops those that have their whole burst again.
    fn evict(&self) {
        if self.limits.len() < EVICT_FROM_KEYS {
            return;
        }
        let mut evicted = self.evicted.lock();
        if evicted.elapsed() >= EVICT_EVERY {
            *evicted = Instant::now();
            self.limits.retain_recent();
            self.limits.shrink_to_fit();
        }
    }
}

/// The time since a start, by tokio’s clock, which tests can pause.
#[derive(Clone, Copy)]
struct Monotonic(Instant);

impl Clock for Monotonic {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    /// How many are admitted before one is refused, and how many seconds that one is told to wait.
    fn burst(mut admit: impl FnMut() -> Result<()>) -> (u32, u64) {
        let mut admitted = 0;
        loop {
            match admit() {
                Ok(()) => admitted += 1,
                Err(Error::Throttled { seconds }) => return (admitted, seconds),
                Err(other) => panic!("{other:?}"),
            }
        }
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap_or_else(|_| panic!("{text}"))
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_has_ten_attempts_and_then_one_in_three_seconds() {
        let throttle = Throttle::default();
        let attempts = || burst(|| throttle.admit(ip("192.0.2.1")));
        assert_eq!(attempts(), (10, 3));
        advance(Duration::from_millis(1_500)).await;
        assert_eq!(attempts(), (0, 2), "the wait is rounded up");
        advance(Duration::from_millis(1_500)).await;
        assert_eq!(attempts(), (1, 3));
        advance(Duration::from_secs(6)).await;
        assert_eq!(attempts(), (2, 3));
        advance(Duration::from_hours(1)).await;
        assert_eq!(attempts(), (10, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_hook_has_thirty_posts_and_then_one_in_two_seconds() {
        let throttle = Throttle::default();
        assert_eq!(burst(|| throttle.admit_post(HookId(7))), (30, 2));
        assert_eq!(burst(|| throttle.admit_post(HookId(8))), (30, 2));
        advance(Duration::from_secs(2)).await;
        assert_eq!(burst(|| throttle.admit_post(HookId(7))), (1, 2));
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_has_ten_codes_and_then_one_in_three_minutes() {
        let throttle = Throttle::default();
        assert_eq!(burst(|| throttle.admit_code(UserId(7))), (10, 180));
        assert_eq!(burst(|| throttle.admit_code(UserId(8))), (10, 180));
        advance(Duration::from_mins(3)).await;
        assert_eq!(burst(|| throttle.admit_code(UserId(7))), (1, 180));
    }

    #[tokio::test(start_paused = true)]
    async fn what_one_person_has_counts_as_one() {
        let throttle = Throttle::default();
        for (used, same, other) in [
            ("192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"),
            ("::ffff:198.51.100.1", "198.51.100.1", "::ffff:198.51.100.2"),
            (
                "2001:db8:1:2::1",
                "2001:db8:1:2:ffff:ffff:ffff:ffff",
                "2001:db8:1:3::1",
            ),
        ] {
            assert_eq!(burst(|| throttle.admit(ip(used))).0, 10, "{used}");
            assert_eq!(burst(|| throttle.admit(ip(same))).0, 0, "{same}");
            assert_eq!(burst(|| throttle.admit(ip(other))).0, 10, "{other}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn addresses_are_forgotten_once_they_have_all_attempts_again() {
        let throttle = Throttle::default();
        let address = |n: u32| IpAddr::V4(n.into());
        for n in 0..10_000 {
            assert!(throttle.admit(address(n)).is_ok());
        }
        // A crowd of others doesn’t give an address its attempts back.
        assert_eq!(burst(|| throttle.admit(ip("192.0.2.1"))).0, 10);
        assert_eq!(throttle.addresses.limits.len(), 10_001);
        advance(Duration::from_secs(7)).await;
        assert_eq!(burst(|| throttle.admit(ip("192.0.2.1"))).0, 2);
        assert_eq!(throttle.addresses.limits.len(), 1);
    }

    const JANE: Lane<'_> = Lane::Strangers("jane");

    /// How long a guess waits that nobody is before, in seconds.
    async fn delay(throttle: &Throttle, lane: Lane<'_>) -> u64 {
        let start = Instant::now();
        assert!(throttle.turn(lane).await.is_ok());
        start.elapsed().as_secs()
    }

    #[tokio::test(start_paused = true)]
    async fn the_networks_around_an_ipv6_address_have_attempts_of_their_own() {
        let throttle = Throttle::default();
        let mut tried = 0;
        // As many /64 as one likes: 256 in each /56, 65,536 in the /48.
        let attempts = |mut addresses: Box<dyn Iterator<Item = u128>>| {
            let mut address = addresses.next();
            burst(|| {
                let admitted = throttle.admit(Ipv6Addr::from_bits(address.unwrap_or(0)).into());
                address = addresses.next();
                admitted
            })
            .0
        };
        let home = 0x2001_0db8_0001_u128 << 80;
        tried += attempts(Box::new((0..).map(move |n| home + (n << 64))));
        assert_eq!(tried, 20, "of one /56");
        tried += attempts(Box::new((1..).map(move |n| home + (n << 72))));
        assert_eq!(tried, 40, "of one /48");
        let other = 0x2001_0db8_0002_u128 << 80;
        assert!(throttle.admit(Ipv6Addr::from_bits(other).into()).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn the_delay_grows_with_each_failure_and_never_locks_out() {
        let throttle = Throttle::default();
        for seconds in [0, 0, 0, 1, 2, 4, 8, 8, 8] {
            assert_eq!(delay(&throttle, JANE).await, seconds);
            throttle.failed(JANE);
        }
        for _ in 0..1_000 {
            throttle.failed(JANE);
        }
        assert_eq!(delay(&throttle, JANE).await, 8);
        for other in [
            Lane::Strangers("john"),
            Lane::Device("jane", "her phone"),
            Lane::SignedIn("jane"),
        ] {
            assert_eq!(delay(&throttle, other).await, 0, "{other:?}");
        }
        throttle.succeeded(JANE);
        assert_eq!(delay(&throttle, JANE).await, 0);
        throttle.failed(JANE);
        assert_eq!(delay(&throttle, JANE).await, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn guesses_at_an_account_are_made_one_at_a_time() {
        let throttle = Throttle::default();
        (0..9).for_each(|_| throttle.failed(JANE));
        let start = Instant::now();
        let guess = || async {
            let turn = throttle.turn(JANE).await?;
            let began = start.elapsed().as_secs();
            throttle.failed(JANE);
            drop(turn);
            Ok::<_, Error>(began)
        };
        let guesses = futures_util::future::join_all((0..20).map(|_| guess())).await;
        let began: Vec<_> = guesses.iter().flatten().copied().collect();
        assert_eq!(began, [8, 16, 24, 32], "each waits for the one before it");
        for refused in guesses.into_iter().filter_map(Result::err) {
            assert!(matches!(refused, Error::Throttled { seconds: 8 }));
        }
        // Whoever gives up makes room, and nothing is left of a lane without anybody.
        let mut given_up = Box::pin(throttle.turn(JANE));
        assert!(futures_util::poll!(given_up.as_mut()).is_pending());
        assert_eq!(throttle.queues.lock().len(), 1);
        drop(given_up);
        assert_eq!(throttle.queues.lock().len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn failures_are_forgotten_after_an_hour() {
        let throttle = Throttle::default();
        for _ in 0..3 {
            throttle.failed(JANE);
        }
        advance(Duration::from_secs(3_599)).await;
        throttle.failed(JANE);
        assert_eq!(delay(&throttle, JANE).await, 2);
        advance(Duration::from_hours(1)).await;
        assert_eq!(delay(&throttle, JANE).await, 0);
        for seconds in [0, 0, 0, 1] {
            assert_eq!(delay(&throttle, JANE).await, seconds);
            throttle.failed(JANE);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn as_many_accounts_are_remembered_as_there_is_room_for() {
        let throttle = Throttle::default();
        let fail = |key: &str| (0..4).for_each(|_| throttle.failed(Lane::Strangers(key)));
        fail("oldest");
        advance(Duration::from_secs(1)).await;
        fail("jane");
        advance(Duration::from_secs(1)).await;
        for n in 0..MAX_LANES - 1 {
            throttle.failed(Lane::Strangers(&format!("nobody{n}")));
        }
        assert_eq!(throttle.failures.lock().len(), MAX_LANES);
        assert_eq!(delay(&throttle, Lane::Strangers("oldest")).await, 0);
        assert_eq!(delay(&throttle, JANE).await, 2);

        advance(FAILURE_LIFETIME).await;
        throttle.failed(Lane::Strangers("john"));
        assert_eq!(throttle.failures.lock().len(), 1);
    }
}
