//! Usernames: how a new one has to look, and by what an existing one is found.
//!
//! A name is kept as it was typed, in NFC. It is found by its [`key`](UsernameKey), whatever its case or form. The rules for
//! new names are those of Unicode: what may stand in an identifier (UAX #31), and what keeps names from looking alike
//! (UTS #39). Names that were given under earlier rules stay valid, so a name is judged only when it is given.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        BinaryProperty, CanonicalCombiningClass, DefaultIgnorableCodePoint, EnumeratedProperty,
        GeneralCategory, GeneralCategoryGroup, IndicSyllabicCategory, JoiningType, SoftDotted,
        XidContinue,
    },
};
use unicode_normalization::UnicodeNormalization;
use unicode_script::Script;
use unicode_security::{mixed_script::AugmentedScriptSet, skeleton};

use crate::error::{Error, Result};

/// The most characters (Unicode scalar values) of a name, in NFC.
const MAX_LENGTH: usize = 32;
/// The most characters of a name as it is typed: NFD has at most four for one of NFC (UAX #15 §11). A longer text isn’t
/// even normalized, since that takes time.
const MAX_TYPED: usize = 4 * MAX_LENGTH;
/// The most nonspacing marks in a row (UTS #39 §5.4).
const MAX_MARKS: usize = 4;

const ZWNJ: char = '\u{200c}';
const ZWJ: char = '\u{200d}';
const GERESH: char = '\u{5f3}';

/// Names that seem to speak for the server, or to be about everybody. No account gets them, nor a name that looks like one.
const RESERVED: &[&str] = &[
    "admin",
    "administrator",
    "administrators",
    "admins",
    "all",
    "everybody",
    "everyone",
    "here",
    "me",
    "mod",
    "moderator",
    "moderators",
    "official",
    "root",
    "security",
    "staff",
    "support",
    "system",
    "tincan",
];

/// A name that an account may be given.
#[derive(Clone, Debug)]
pub struct Username {
    /// In NFC.
    pub text: String,
    pub key: UsernameKey,
    /// Equal for names that look alike.
    pub skeleton: String,
}

/// What a name is found by: equal for all spellings that differ only in case or compatibility form, or in what is
/// ignorable (`toNFKC_Casefold`, Unicode Standard §3.13.5; beyond it, a dotless ı is an i).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsernameKey(String);

/// What somebody calls a bot: one that exists, or else a new one.
#[derive(Clone, Debug)]
pub struct BotName {
    pub key: UsernameKey,
    /// For a new bot. It isn’t asked for if there is a bot of this name.
    pub new: Result<Username>,
}

impl BotName {
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self {
            key: UsernameKey::new(text),
            new: Username::in_field("bot", text),
        }
    }
}

impl UsernameKey {
    /// The key of a name, or of the beginning of one, in any spelling. A text that can’t be one has a key that no name
    /// begins with.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let text = text.trim();
        if text.is_empty() {
            return Self(String::new());
        }
        let key = Some(text).filter(|text| !is_too_long(text)).map(fold);
        let key = key.filter(|key| !key.is_empty());
        Self(key.unwrap_or_else(|| char::MAX.into()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Username {
    /// Normalizes and validates a new name.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `username`, with the broken rule.
    pub fn new(text: &str) -> Result<Self> {
        Self::in_field("username", text)
    }

    /// Like [`new`](Self::new), for the account of the person who sets the server up: they are its administrator, and may
    /// be called so.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn for_setup(text: &str) -> Result<Self> {
        Self::checked(text).map_err(|reason| Error::invalid("username", reason))
    }

    /// Like [`new`](Self::new), for input from another field.
    ///
    /// # Errors
    /// [`Error::Invalid`] on `field`, with the broken rule.
    pub fn in_field(field: &'static str, text: &str) -> Result<Self> {
        let name = Self::checked(text).map_err(|reason| Error::invalid(field, reason))?;
        if name.is_reserved() {
            return Err(Error::invalid(field, "This username is reserved."));
        }
        Ok(name)
    }

    fn checked(text: &str) -> Result<Self, &'static str> {
        let name = Self::existing(text)?;
        check(&name.text)?;
        Ok(name)
    }

    /// Whether it is like one of the [`RESERVED`], apart from separators.
    fn is_reserved(&self) -> bool {
        let bare = self.skeleton.replace(['_', '.', '-'], "");
        let mut reserved = RESERVED.iter();
        reserved.any(|reserved| username_skeleton(reserved) == bare)
    }

    /// A name as any version has accepted it, such as one of an archive.
    ///
    /// # Errors
    /// The broken rule.
    pub fn existing(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.is_empty() {
            return Err("Enter a username.");
        }
        if is_too_long(text) {
            return Err("Usernames can be up to 32 characters.");
        }
        let text: String = text.nfc().collect();
        if text.chars().count() > MAX_LENGTH {
            return Err("Usernames can be up to 32 characters.");
        }
        let is_usual = |c: char| {
            is_in_name(c)
                || is_punctuation(c)
                || c.is_alphanumeric() && !has::<DefaultIgnorableCodePoint>(c)
        };
        if !text.chars().all(|c| is_usual(c) || is_joiner(c)) {
            return Err("Usernames can only contain letters, digits, _ . and -");
        }
        Ok(Self {
            key: UsernameKey(fold(&text)),
            skeleton: username_skeleton(&text),
            text,
        })
    }
}

fn is_too_long(typed: &str) -> bool {
    typed.len() > 4 * MAX_TYPED || typed.chars().count() > MAX_TYPED
}

/// Mapping to lower, upper and lower case again also unifies ẞ, ß and ss. A final sigma is written differently, but the
/// end of a search prefix isn’t the end of a name. Case mapping can produce text that isn’t NFKC, so it is normalized
/// again.
#[must_use]
pub fn fold(text: &str) -> String {
    let text = text.nfkc();
    let text: String = text
        .filter(|c| !has::<DefaultIgnorableCodePoint>(*c))
        .collect();
    let folded = text.to_lowercase().to_uppercase().to_lowercase();
    folded.replace('ς', "σ").nfkc().collect()
}

/// Equal for names that look alike: the skeleton (UTS #39 §4) of the name as it is shown. It is taken again in lower case, so that РАУРА in Cyrillic is
/// like paypa in Latin, which may be shown as PAYPA.
#[must_use]
pub fn username_skeleton(text: &str) -> String {
    let shown: String = skeleton(text).collect();
    skeleton(&shown.to_lowercase()).collect()
}

/// The rules for new names.
fn check(name: &str) -> Result<(), &'static str> {
    let chars: Vec<char> = name.chars().collect();
    if !(0..chars.len())
        .all(|at| is_in_name(chars[at]) || may_join(&chars, at) || may_punctuate(&chars, at))
    {
        return Err("Usernames can only contain letters, digits, _ . and -");
    }
    let follows_base = |at: usize| at > 0 && is_base_or_mark(chars[at - 1]);
    if !(0..chars.len()).all(|at| !is_mark(chars[at]) || follows_base(at)) {
        return Err("In usernames, accents and vowel signs follow a letter.");
    }
    if has_unlikely_marks(name) {
        return Err("Usernames can’t pile up accents, or have them where they don’t show.");
    }
    if !is_highly_restrictive(name) {
        return Err("Usernames can’t mix letters of different scripts.");
    }
    let mut systems = chars.iter().filter_map(|c| zero_of(*c));
    if let Some(first) = systems.next()
        && systems.any(|other| other != first)
    {
        return Err("Usernames can’t mix digits of different scripts.");
    }
    Ok(())
}

/// Whether a name may have the character (XID_Continue of UAX #31), apart from where.
fn is_in_name(c: char) -> bool {
    let is_separator = "_.-".contains(c);
    let is_connector = is::<GeneralCategory>(c, GeneralCategory::ConnectorPunctuation);
    is_separator || has::<XidContinue>(c) && !is_connector && !has::<DefaultIgnorableCodePoint>(c)
}

/// Punctuation that is written within names of its script (UAX #31 §2.4, tables 3a and 3b; Allowed in UTS #39): the
/// Armenian hyphen, the Hebrew geresh and gershayim, and the Tibetan tsheg. That of Latin isn’t among it, as it ends
/// names in a text.
fn is_punctuation(c: char) -> bool {
    matches!(c, '\u{58a}' | GERESH | '\u{5f4}' | '\u{f0b}')
}

/// Such punctuation stands between letters; a geresh also behind the last.
fn may_punctuate(chars: &[char], at: usize) -> bool {
    let follows_base = at > 0 && is_base_or_mark(chars[at - 1]);
    let precedes = chars.get(at + 1).is_some_and(|c| is_letter(*c));
    is_punctuation(chars[at]) && follows_base && (precedes || chars[at] == GERESH)
}

fn is_joiner(c: char) -> bool {
    matches!(c, ZWJ | ZWNJ)
}

/// Whether the character is a joiner where it makes a difference that is seen (UAX #31 §2.3.1, contexts A1, A2 and B).
fn may_join(chars: &[char], at: usize) -> bool {
    let (before, after) = (&chars[..at], &chars[at + 1..]);
    match chars[at] {
        ZWNJ => {
            let next = after.iter().find(|c| !is_reordered_mark(**c));
            breaks_cursive(before, after)
                || follows_virama(before) && next.is_some_and(|c| is_letter(*c))
        }
        ZWJ => {
            let is_vowel =
                |c: &char| is::<IndicSyllabicCategory>(*c, IndicSyllabicCategory::VowelDependent);
            follows_virama(before) && !after.first().is_some_and(is_vowel)
        }
        _ => false,
    }
}

/// Context A1: between two letters that would otherwise join.
fn breaks_cursive(before: &[char], after: &[char]) -> bool {
    let joining = |c: &char| CodePointMapData::<JoiningType>::new().get(*c);
    let visible = |kind: &JoiningType| *kind != JoiningType::Transparent;
    let left = before.iter().rev().map(joining).find(visible);
    let right = after.iter().map(joining).find(visible);
    matches!(
        left,
        Some(JoiningType::LeftJoining | JoiningType::DualJoining)
    ) && matches!(
        right,
        Some(JoiningType::RightJoining | JoiningType::DualJoining)
    )
}

/// Contexts A2 and B: behind a letter, marks, and a virama.
fn follows_virama(before: &[char]) -> bool {
    let is_virama = |c: &char| is::<CanonicalCombiningClass>(*c, CanonicalCombiningClass::Virama);
    let mut back = before.iter().rev();
    let virama = back.find(|c| is_virama(c) || !is_reordered_mark(**c));
    let base = back.find(|c| !is_nonspacing(**c));
    virama.is_some_and(is_virama) && base.is_some_and(|c| is_letter(*c))
}

/// Sequences of marks that no language has, or that can’t be seen (UTS #39 §5.4).
fn has_unlikely_marks(text: &str) -> bool {
    let chars: Vec<char> = text.nfd().collect();
    let is_crowded = chars
        .split(|c| !is_nonspacing(*c))
        .any(|run| run.len() > MAX_MARKS);
    let is_unseen = |pair: &[char]| {
        let (before, mark) = (pair[0], pair[1]);
        let is_dot = mark == '\u{307}' && (has::<SoftDotted>(before) || before == 'ı');
        let is_overlay = matches!(mark, '\u{334}'..='\u{338}');
        is_overlay || is_dot || before == mark && is_nonspacing(mark)
    };
    is_crowded || chars.windows(2).any(is_unseen)
}

/// Whether all letters are of one script, or of Latin and the scripts of Chinese, Japanese or Korean (UTS #39 §5.2, highly
/// restrictive). Its profile of characters isn’t asked for: it leaves out whole scripts that people write today.
fn is_highly_restrictive(text: &str) -> bool {
    let mut all = AugmentedScriptSet::default();
    let mut beside_latin = AugmentedScriptSet::default();
    for c in text.chars() {
        let scripts = AugmentedScriptSet::from(c);
        all.intersect_with(scripts);
        if !scripts.base.contains_script(Script::Latin) {
            beside_latin.intersect_with(scripts);
        }
    }
    !all.is_empty() || beside_latin.hanb || beside_latin.jpan || beside_latin.kore
}

/// The zero of the decimal digits that a digit belongs to. Each set of ten is contiguous, from 0 to 9.
fn zero_of(digit: char) -> Option<u32> {
    let is_digit = |c: char| is::<GeneralCategory>(c, GeneralCategory::DecimalNumber);
    if !is_digit(digit) {
        return None;
    }
    let back = ('\0'..digit).rev().take_while(|c| is_digit(*c)).count();
    u32::try_from(back % 10)
        .ok()
        .map(|value| u32::from(digit) - value)
}

fn is_letter(c: char) -> bool {
    is_of(c, GeneralCategoryGroup::Letter)
}

fn is_mark(c: char) -> bool {
    is_of(c, GeneralCategoryGroup::Mark)
}

fn is_base_or_mark(c: char) -> bool {
    is_letter(c) || is_mark(c) || is_of(c, GeneralCategoryGroup::Number)
}

fn is_nonspacing(c: char) -> bool {
    is::<GeneralCategory>(c, GeneralCategory::NonspacingMark)
}

/// A nonspacing mark that normalization may move.
fn is_reordered_mark(c: char) -> bool {
    is_nonspacing(c) && !is::<CanonicalCombiningClass>(c, CanonicalCombiningClass::NotReordered)
}

fn is_of(c: char, group: GeneralCategoryGroup) -> bool {
    group.contains(CodePointMapData::<GeneralCategory>::new().get(c))
}

fn is<P: EnumeratedProperty + PartialEq>(c: char, value: P) -> bool {
    CodePointMapData::<P>::new().get(c) == value
}

fn has<P: BinaryProperty>(c: char) -> bool {
    CodePointSetData::new::<P>().contains(c)
}
