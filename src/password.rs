//! Passwords: the rules for new ones, and hashing and verifying them with argon2id, on blocking threads and only a few
//! at once.

mod memory;

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task,
};
use tracing::Span;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use self::memory::Memory;
use crate::{
    error::{Error, Result},
    model::UsernameKey,
};

/// The length of a password in bytes, after normalisation.
const MIN_BYTES: usize = 8;
const MAX_BYTES: usize = 1_024;

/// How many passwords are hashed at once. Each takes 19 MiB and a core.
const CONCURRENT: usize = 2;
/// How many more may wait.
const MAX_WAITING: usize = 16;
/// How many places, of those that work and wait together, strangers can’t take. So a flood of sign-ins doesn’t keep
/// people out of their accounts on the devices that they have.
const KEPT_PLACES: usize = 2;

/// OWASP’s first choice for argon2id where memory is scarce: 19 MiB, two passes, one lane
/// (<https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>).
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// A block has a KiB.
const BLOCKS: usize = MEMORY_KIB as usize;

/// The hash that a password is verified against if the account has none. It costs the same work as a real one, and the
/// result is ignored.
const DUMMY_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// The most common passwords, in lower case, one per line and in order. Those that another rule refuses are left out. Where
/// they come from is in `password/README.md`.
const COMMONEST: &str = include_str!("password/commonest.txt");

/// A password that follows the rules. It has no `Debug`, and its memory is wiped when it is dropped.
pub struct NewPassword(Zeroizing<String>);

impl NewPassword {
    /// Normalises (NFC) and checks a new password for `username`. `field` is the request’s field that it came in.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `field`, with the rule that is broken.
    pub fn new(field: &'static str, text: &str, username: &str) -> Result<Self> {
        let text = normalised(text);
        // Fewer than 8 bytes are fewer than 8 characters, too, and few people know what a byte is.
        if text.len() < MIN_BYTES {
            let reason = format!("Use at least {MIN_BYTES} characters.");
            return Err(Error::invalid(field, reason));
        }
        if text.len() > MAX_BYTES {
            return Err(Error::invalid(field, "This password is too long."));
        }
        if UsernameKey::new(&text) == UsernameKey::new(username) {
            let reason = "Your password can’t be your username.";
            return Err(Error::invalid(field, reason));
        }
        if is_run(&text) || is_common(&text) {
            let reason = "This password is too common. Try three or four random words.";
            return Err(Error::invalid(field, reason));
        }
        Ok(Self(text))
    }
}

/// The NFC form, so that the same password is the same bytes on every keyboard.
fn normalised(text: &str) -> Zeroizing<String> {
    // NFC takes at most three times the bytes (UAX #15 §11), so the string never reallocates and leaves an unwiped copy
    // behind.
    let mut normal = Zeroizing::new(String::with_capacity(text.len() * 3));
    normal.extend(text.nfc());
    normal
}

/// Whether it repeats one character, or counts up or down: `aaaaaaaa`, `abcdefgh`, `87654321`.
fn is_run(text: &str) -> bool {
    let steps = text.chars().zip(text.chars().skip(1));
    let mut steps = steps.map(|(one, next)| i64::from(u32::from(next)) - i64::from(u32::from(one)));
    steps
        .next()
        .is_none_or(|first| first.abs() <= 1 && steps.all(|step| step == first))
}

fn is_common(text: &str) -> bool {
    let text = Zeroizing::new(text.to_lowercase());
    COMMONEST.lines().any(|common| common == *text)
}

/// Who asks for a password to be hashed or checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Anybody.
    Stranger,
    /// Somebody who is signed in, has a valid link, or has signed in on this device before.
    Known,
}

/// Hashes and verifies passwords, a few at a time. Cheap to clone; all clones share one queue.
#[derive(Clone)]
pub struct Passwords {
    /// A permit for each job that runs or waits.
    queue: Arc<Semaphore>,
    /// A permit for each of these that is a stranger’s.
    strangers: Arc<Semaphore>,
    /// A permit for each job that runs.
    workers: Arc<Semaphore>,
    memory: Arc<Memory>,
}

/// The places of a job that waits.
type Places = (Option<OwnedSemaphorePermit>, OwnedSemaphorePermit);

impl Default for Passwords {
    fn default() -> Self {
        let places = CONCURRENT + MAX_WAITING;
        Self {
            queue: Arc::new(Semaphore::new(places)),
            strangers: Arc::new(Semaphore::new(places - KEPT_PLACES)),
            workers: Arc::new(Semaphore::new(CONCURRENT)),
            memory: Arc::default(),
        }
    }
}

impl Passwords {
    /// Hashes a password with a new salt, as a PHC string.
    ///
    /// # Errors
    /// [`Error::Busy`] if too many are waiting.
    pub async fn hash(&self, password: NewPassword, of: Standing) -> Result<String> {
        self.work(of, move |memory| {
            let (params, salt) = (params()?, Salt::generate());
            let hash = PasswordHash {
                algorithm: Algorithm::Argon2id.ident(),
                version: Some(Version::V0x13.into()),
                params: ParamsString::try_from(&params).map_err(defect)?,
                salt: Some(salt),
                hash: Some(output(
                    memory,
                    Algorithm::Argon2id,
                    Version::V0x13,
                    params,
                    password.0.as_bytes(),
                    &salt,
                )?),
            };
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether `text` is the password with this hash. Without a hash the answer is no, after the same work, so that the
    /// time doesn’t tell whether there is one.
    ///
    /// # Errors
    /// [`Error::Busy`] if too many are waiting; [`Error::Internal`] if `hash` isn’t a PHC string.
    pub async fn verify(&self, text: String, hash: Option<String>, of: Standing) -> Result<bool> {
        let text = Zeroizing::new(text);
        self.work(of, move |memory| {
            let text = normalised(&text);
            let bytes = text.as_bytes();
            // No password is longer. Hashing only this much keeps the work bounded.
            let (start, rest) = bytes.split_at(bytes.len().min(MAX_BYTES));
            let kept = PasswordHash::new(hash.as_deref().unwrap_or(DUMMY_HASH)).map_err(defect)?;
            let is_same = is_hash_of(memory, &kept, start)?;
            Ok(is_same && rest.is_empty() && hash.is_some())
        })
        .await
    }

    /// Runs `work` on a blocking thread when a worker is free.
    async fn work<T: Send + 'static>(
        &self,
        of: Standing,
        work: impl FnOnce(&Memory) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let places = self.places(of)?;
        let worker = Arc::clone(&self.workers).acquire_owned().await;
        let worker = worker.map_err(|_| Error::Stopping)?;
        let (caller, memory) = (Span::current(), Arc::clone(&self.memory));
        let done = task::spawn_blocking(move || {
            // Released when the work ends, even if the request was dropped before: the work still uses memory and a
            // core until then.
            let _permits = (places, worker);
            caller.in_scope(|| work(&memory))
        });
        done.await
            .unwrap_or_else(|failed| Err(Error::of_task(&failed, "hashing a password")))
    }

    fn places(&self, of: Standing) -> Result<Places> {
        let take = |from: &Arc<Semaphore>| Arc::clone(from).try_acquire_owned();
        let stranger = (of == Standing::Stranger).then(|| take(&self.strangers));
        let stranger = stranger.transpose().map_err(|_| Error::Busy)?;
        Ok((stranger, take(&self.queue).map_err(|_| Error::Busy)?))
    }
}

/// Whether `password` has the hash that was kept, in time that doesn’t depend on where they differ.
fn is_hash_of(memory: &Memory, kept: &PasswordHash, password: &[u8]) -> Result<bool> {
    let (Some(salt), Some(hash)) = (&kept.salt, &kept.hash) else {
        return Ok(false);
    };
    let algorithm = Algorithm::try_from(kept.algorithm.as_str()).map_err(defect)?;
    let version = kept.version.map(Version::try_from).transpose();
    let version = version.map_err(defect)?.unwrap_or_default();
    let params = Params::try_from(kept).map_err(defect)?;
    Ok(*hash == output(memory, algorithm, version, params, password, salt)?)
}

fn output(
    memory: &Memory,
    algorithm: Algorithm,
    version: Version,
    params: Params,
    password: &[u8],
    salt: &[u8],
) -> Result<Output> {
    let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let argon2 = Argon2::new(algorithm, version, params);
    let mut bytes = [0; Output::MAX_LENGTH];
    let bytes = bytes.get_mut(..length).ok_or(Error::Internal)?;
    memory
        .hash(&argon2, password, salt, bytes)
        .map_err(defect)?;
    Output::new(bytes).map_err(defect)
}

fn params() -> Result<Params> {
    Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(defect)
}

/// Logs an error of argon2. Its errors say what is wrong with a hash, and contain nothing of it.
fn defect(error: impl std::fmt::Display) -> Error {
    tracing::error!(%error, "can’t hash or check a password");
    Error::Internal
}

#[cfg(test)]
#[allow(
    clippy::expect_used,
    reason = "a test that meets the unexpected has failed"
)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use tokio::time::timeout;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn refusal(text: &str) -> Option<String> {
        match NewPassword::new("password", text, "Jürgen.Müller") {
            Ok(_) => None,
            Err(Error::Invalid { field, reason }) => {
                assert_eq!(field, "password");
                Some(reason)
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    async fn hash(text: &str) -> String {
        let password = NewPassword::new("password", text, "jane").expect("it keeps the rules");
        Passwords::default()
            .hash(password, Standing::Known)
            .await
            .expect("a hash")
    }

    #[test]
    fn a_password_has_8_to_1024_bytes() {
        assert!(refusal("vbn4Kx!").is_some());
        assert!(refusal("").is_some());
        assert!(refusal(&"ö?ab".repeat(250)).is_some(), "1,250 bytes");
        assert_eq!(refusal("vbn4Kx!p"), None);
        // Four characters of two bytes each in NFC.
        assert_eq!(refusal("äöüÄ"), None);
        let longest = "xkcd".repeat(256);
        assert_eq!(refusal(&longest), None);
        assert!(refusal(&(longest + "!")).is_some());
    }

    #[test]
    fn length_is_counted_after_normalisation() {
        // A letter and its combining accent are three bytes, and two in NFC.
        assert!(refusal("e\u{301}a\u{301}o\u{301}").is_some());
        assert_eq!(refusal("e\u{301}a\u{301}o\u{301}u\u{301}"), None);
    }

    #[test]
    fn what_everybody_tries_first_is_refused() {
        for common in [
            "password",
            "PassWord1",
            "1q2w3e4r",
            "iloveyou",
            "CONTRASEÑA",
            "contrasen\u{303}a",
            "aaaaaaaa",
            "12345678",
            "hgfedcba",
            "ééééé",
        ] {
            assert!(refusal(common).is_some(), "{common}");
        }
        assert_eq!(refusal("password Jane"), None);
    }

    #[test]
    fn the_username_is_no_password() {
        for spelling in [
            "Jürgen.Müller",
            "JÜRGEN.MÜLLER",
            "Ju\u{308}rgen.Mu\u{308}ller",
        ] {
            assert!(refusal(spelling).is_some(), "{spelling}");
        }
        assert_eq!(refusal("Jurgen.Muller"), None);
    }

    #[test]
    fn the_list_has_only_what_no_other_rule_refuses() {
        assert!(COMMONEST.lines().count() > 3_000);
        assert!(COMMONEST.lines().is_sorted());
        for common in COMMONEST.lines() {
            assert_eq!(common, common.trim().to_lowercase());
            assert_eq!(common, *normalised(common));
            assert!(
                common.len() >= MIN_BYTES && !is_run(common),
                "{common} needn’t be listed"
            );
        }
    }

    #[tokio::test]
    async fn a_password_is_known_again() {
        let kept = hash("zwölf Boxkämpfer").await;
        assert!(
            kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{kept}"
        );
        assert_ne!(kept, hash("zwölf Boxkämpfer").await, "each has its salt");

        let passwords = Passwords::default();
        for (text, is_same) in [
            ("zwölf Boxkämpfer", true),
            ("zwo\u{308}lf Boxka\u{308}mpfer", true),
            ("zwölf boxkämpfer", false),
            ("zwölf Boxkämpfer ", false),
            ("", false),
        ] {
            let verified = passwords
                .verify(text.to_owned(), Some(kept.clone()), Standing::Known)
                .await;
            assert_eq!(verified.expect("an answer"), is_same, "{text:?}");
        }
    }

    #[tokio::test]
    async fn what_follows_the_longest_password_counts() {
        let longest = "xkcd".repeat(256);
        let kept = Some(hash(&longest).await);
        let passwords = Passwords::default();
        let verified = passwords
            .verify(longest.clone(), kept.clone(), Standing::Known)
            .await;
        assert!(verified.expect("an answer"));
        let verified = passwords.verify(longest + "!", kept, Standing::Known).await;
        assert!(!verified.expect("an answer"));
    }

    /// From the reference implementation’s tests (phc-winner-argon2, `src/test.c`).
    #[tokio::test]
    async fn a_hash_of_another_program_is_understood() {
        let known = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        let passwords = Passwords::default();
        for (text, is_same) in [("password", true), ("differentpassword", false)] {
            let verified =
                passwords.verify(text.to_owned(), Some(known.to_owned()), Standing::Stranger);
            assert_eq!(verified.await.expect("an answer"), is_same, "{text}");
        }
    }

    #[tokio::test]
    async fn nobody_has_nobodys_password_and_it_costs_the_same() {
        let nobodys = PasswordHash::new(DUMMY_HASH).expect("a PHC string");
        let kept = hash("zwölf Boxkämpfer").await;
        let kept = PasswordHash::new(&kept).expect("a PHC string");
        assert_eq!(nobodys.algorithm, kept.algorithm);
        assert_eq!(nobodys.version, kept.version);
        assert_eq!(nobodys.params, kept.params);
        let length = |hash: &PasswordHash| {
            let salt = hash.salt.as_ref().expect("a salt").len();
            (salt, hash.hash.as_ref().expect("a hash").len())
        };
        assert_eq!(length(&nobodys), length(&kept));

        let passwords = Passwords::default();
        let verified = passwords.verify("password".to_owned(), None, Standing::Stranger);
        assert!(!verified.await.expect("an answer"));
    }

    #[tokio::test]
    async fn what_is_kept_must_be_a_hash() {
        let passwords = Passwords::default();
        let verified = passwords.verify(
            "password".to_owned(),
            Some("password".to_owned()),
            Standing::Known,
        );
        assert!(matches!(verified.await, Err(Error::Internal)));
    }

    /// Occupies a worker until the sender is dropped, although the task that asked for it has been aborted.
    async fn held(passwords: &Passwords, of: Standing) -> mpsc::Sender<()> {
        let (release, released) = mpsc::channel::<()>();
        let (started, has_started) = tokio::sync::oneshot::channel();
        let passwords = passwords.clone();
        let waiting = tokio::spawn(async move {
            let work = move |_: &Memory| {
                let _ = started.send(());
                let _ = released.recv();
                Ok(())
            };
            passwords.work(of, work).await
        });
        timeout(PATIENCE, has_started)
            .await
            .expect("its turn comes")
            .expect("it works");
        // As if the client had disconnected.
        waiting.abort();
        assert!(waiting.await.expect_err("it was aborted").is_cancelled());
        release
    }

    #[tokio::test]
    async fn two_work_at_once_sixteen_wait_and_the_next_is_refused() {
        let passwords = Passwords::default();
        let first = held(&passwords, Standing::Known).await;
        let second = held(&passwords, Standing::Known).await;
        let mut waiting: Vec<_> = (0..MAX_WAITING)
            .map(|_| Box::pin(passwords.work(Standing::Known, |_| Ok(()))))
            .collect();
        for work in &mut waiting {
            assert!(
                futures_util::poll!(work.as_mut()).is_pending(),
                "both workers are taken, though nobody waits for what they do"
            );
        }
        let refused = timeout(PATIENCE, passwords.work(Standing::Known, |_| Ok(()))).await;
        assert!(matches!(refused, Ok(Err(Error::Busy))));

        // Leaving the queue makes room in it.
        drop(waiting.pop());
        let mut late = Box::pin(passwords.work(Standing::Known, |_| Ok(())));
        assert!(futures_util::poll!(late.as_mut()).is_pending());

        drop(first);
        for work in waiting {
            timeout(PATIENCE, work)
                .await
                .expect("its turn comes")
                .expect("it is done");
        }
        timeout(PATIENCE, late)
            .await
            .expect("its turn comes")
            .expect("it is done");
        drop(second);
    }

    #[tokio::test]
    async fn strangers_leave_two_places_to_those_who_are_known() {
        let passwords = Passwords::default();
        let first = held(&passwords, Standing::Stranger).await;
        let second = held(&passwords, Standing::Stranger).await;
        let wait = |of| Box::pin(passwords.work(of, |_| Ok(())));
        let mut waiting = Vec::new();
        for (of, places) in [
            (Standing::Stranger, MAX_WAITING - KEPT_PLACES),
            (Standing::Known, KEPT_PLACES),
        ] {
            for _ in 0..places {
                let mut work = wait(of);
                assert!(futures_util::poll!(work.as_mut()).is_pending(), "{of:?}");
                waiting.push(work);
            }
            let refused = timeout(PATIENCE, wait(of)).await;
            assert!(matches!(refused, Ok(Err(Error::Busy))), "{of:?}");
        }
        drop((first, second));
        for work in waiting {
            timeout(PATIENCE, work)
                .await
                .expect("its turn comes")
                .expect("it is done");
        }
    }

    #[tokio::test]
    async fn memory_is_used_again_and_nothing_of_a_password_stays_in_it() {
        let passwords = Passwords::default();
        for _ in 0..3 {
            let verified = passwords.verify("password".to_owned(), None, Standing::Stranger);
            assert!(!verified.await.expect("an answer"));
        }
        let [buffer] = &passwords.memory.buffers()[..] else {
            panic!("one after the other needs one buffer");
        };
        let empty = |block: &argon2::Block| block.as_ref().iter().all(|word| *word == 0);
        assert!(buffer.iter().all(empty));
    }
}
