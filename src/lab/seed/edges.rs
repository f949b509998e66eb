//! What breaks user interfaces. Each room is about one kind of it, and says so in its name.

use super::{
    draw::{Canvas, rgb},
    media,
    story::{Conversation, File, Person, PersonIndex, Reaction, Room, Said, Setting, Story},
};
use crate::model::{MAX_ATTACHMENTS, MAX_EMOJI, MAX_MESSAGE_LENGTH, SystemKind, Timestamp};

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

const JOHN: PersonIndex = 0;
const JANE: PersonIndex = 1;
const LONGEST: PersonIndex = 2;
const WIDEST: PersonIndex = 3;
const DISABLED: PersonIndex = 4;
const DELETED: PersonIndex = 5;
const BROKEN: PersonIndex = 6;
const QUIET: PersonIndex = 7;

/// Those who can sign in, and are something special.
pub(super) const USERNAMES: [&str; 15] = [
    "john",
    "jane",
    "wolfeschlegelsteinhausenbergerdo",
    "wide",
    "pixel",
    "quiet",
    "мария",
    "ελένη",
    "فاطمة",
    "נועה",
    "さくら",
    "민준",
    "小明",
    "อารี",
    "zoë",
];
/// How many people there are in a crowd, with the others.
const PEOPLE: usize = 80;
/// How many are in the large room.
const LARGE: usize = 51;
/// How many messages the long history has, and how many of them are unread.
const HISTORY: usize = 10_000;
const UNREAD: usize = 1_234;
/// How many conversations are in John’s list.
const LISTED: usize = 100;

/// A message of several people, with the tones of their skin.
const EMOJI: &[&str] = &[
    "👨‍👩‍👧‍👦",
    "👩🏽‍🤝‍👨🏿",
    "🏴‍☠️ 🏳️‍🌈 🏳️‍⚧️",
    "🏴󠁧󠁢󠁥󠁮󠁧󠁿 🏴󠁧󠁢󠁳󠁣󠁴󠁿 🏴󠁧󠁢󠁷󠁬󠁳󠁿",
    "🇩🇪🇫🇷🇪🇸🇵🇹🇯🇵🇰🇷",
    "🇩",
    "👋🏻👋🏼👋🏽👋🏾👋🏿",
    "1️⃣ #️⃣ *️⃣ ©️ ™️",
    "☺ ☺️ ☺︎ ❤ ❤️ ❤︎",
    "🧑🏾‍🚀👩🏻‍🦽‍➡️🐦‍🔥🙂‍↔️",
    "a👍b👍🏽c",
    "😀‍😀",
    "🏽",
    "\u{200d}👍\u{fe0f}\u{fe0f}",
];

const BOTH_DIRECTIONS: &[&str] = &[
    "שלום עולם",
    "مرحبا بالعالم",
    "שלום world, מה שלומך today?",
    "The word עברית is Hebrew, and العربية is Arabic.",
    "הטלפון הוא 03-123-4567, החדר 12.",
    "السعر ١٢٫٥٠ € (أو 12.50 USD)",
    "(נועה) [john] {فاطمة} <b>",
    "1. אחת\n2. two\n3. ثلاثة",
    "`let x = \"שלום\";` הוא קוד",
    "https://example.com/שלום/العربية?q=1#סוף",
    "\u{202e}this is shown backwards\u{202c} and this isn’t",
    "\u{2067}בידוד\u{2069} and \u{2066}isolated\u{2069}",
    "!סוף עם סימן קריאה",
    "فارسی با نیم‌فاصله: می‌خواهم",
];

const SCRIPTS_AND_MARKS: &[&str] = &[
    "Z̷̢̛͔̝̦̝͍̻̝̭̪̈́͑̅͗̀̎͊̀̍̕͠ȁ̴̢̨̛̝͇̠͉̀̄̓̈́̆͆̕͝͠l̶̡̛̺̟̪̗̲͇͎̈́̓̑̋̎̕͝͝g̵̨̡̛̳̗͉̩̱̲̓̋̌̈́̿̕̚͘͝o̷",
    "é é ẛ̣ ṩ",
    "ﷺ ﷽ ﷽ ﷽",
    "தமிழ் हिन्दी বাংলা ಕನ್ನಡ മലയാളം සිංහල",
    "ไทยไม่มีช่องว่างระหว่างคำเลยแม้แต่นิดเดียวจึงต้องตัดบรรทัดให้ถูก",
    "日本語は単語の間に空白がないので、どこで改行するかが問題になります。「括弧」や、句読点。",
    "ᠮᠣᠩᠭᠣᠯ ꦗꦮ 𐎀𐎁 𒀀𒁀 𓀀𓁀 𝕳𝖊𝖑𝖑𝖔 🄷🄴🄻🄻🄾",
    "a\u{200b}b\u{200b}c zero\u{2060}width\u{feff}joined, soft\u{ad}hyphen",
    "tab\tseparated\tcolumns\nand   several    spaces",
    "ﬁ ﬂ ﬃ ŉ ǆ Ⅷ ㎢ ½",
    "İIıi ẞß ΣΣς",
    "𠜎𠜱𠝹𠱓 𝟘𝟙𝟚 🂡",
];

const MARKUP: &[&str] = &[
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt;not bold&lt;/b&gt; &amp; &#128512; &nbsp;",
    "'; DROP TABLE messages; --",
    "javascript:alert(1) data:text/html,hello file:///etc/passwd",
    "{{constructor.constructor('alert(1)')()}} ${7*7} #{7*7}",
    "%s %d %n %x \\0 \\u0000 \\\\",
    "__proto__ constructor toString hasOwnProperty",
    "null undefined NaN true [object Object]",
    "*bold* _italic_ ~struck~ `code` **unclosed",
    "> quoted\n> > twice\nand not",
    "- one\n- two\n  - nested\n1. first\n10. tenth",
    "See https://example.com/a_(b), https://example.com/?q=a&b=c#d. And (https://example.com/x)!",
    "www.example.com example.com/path mailto:a@example.com a+b@example.com tel:+441632960000",
    "http://localhost:3000 http://127.0.0.1 http://[::1]:8080/ ftp://example.com",
    "https://xn--80ak6aa92e.com https://аррӏе.example @john @jane @nobody @all",
    "@john@jane, @john’s, (@john) x@john @JOHN @john.",
];

pub(super) fn story(now: Timestamp) -> Story {
    let mut made = Edges {
        now,
        story: Story::default(),
        started: 0,
    };
    made.people();
    made.long_texts();
    made.list_of(
        "Emoji 👨‍👩‍👧‍👦🏳️‍🌈",
        EMOJI,
        &[
            "😀".repeat(200),
            "👨‍👩‍👧‍👦".repeat(90),
            "😀 ".repeat(3) + "with words",
        ],
    );
    made.list_of("Both directions: עברית and العربية", BOTH_DIRECTIONS, &[]);
    made.list_of(
        "Scripts and marks",
        SCRIPTS_AND_MARKS,
        &["a".to_owned() + &"\u{301}".repeat(500)],
    );
    made.list_of("Markup & <b>injection</b>", MARKUP, &[]);
    made.code();
    made.reactions();
    made.pictures();
    made.gone();
    made.days();
    made.bursts();
    made.changes();
    made.read_states();
    made.longest_name();
    made.large_room();
    made.history();
    made.empty();
    made.fill_list();
    made.story
}

struct Edges {
    now: Timestamp,
    story: Story,
    /// How many conversations have been started, which have their last message one after the other.
    started: i64,
}

impl Edges {
    fn people(&mut self) {
        let created_at = Timestamp(self.now.0 - 1_000 * DAY);
        let person = |username: &str, display_name: Option<&str>| Person {
            username: username.to_owned(),
            display_name: display_name.map(str::to_owned),
            picture: None,
            is_admin: username == "john",
            created_at,
            disabled_at: None,
            is_deleted: false,
        };
        let face = |hue: u32| Canvas::new(8, 8, rgb(hue)).png();
        let longest = "Hubert Blaine Wolfeschlegelsteinhausenbergerdorffwelchevoralterna";
        let longest: String = longest.chars().take(64).collect();
        let widest = "W".repeat(64);
        let mut people = vec![
            person("john", Some("John")),
            person("jane", Some("Jane")),
            person(USERNAMES[2], Some(&longest)),
            person("wide", Some(&widest)),
            person("dana", Some("Dana (disabled)")),
            person("deleted-6", None),
            person("pixel", Some("Broken picture")),
            person("quiet", None),
            person("мария", Some("Мария")),
            person("ελένη", Some("Ελένη 🏛️")),
            person("فاطمة", Some("فاطمة 123")),
            person("נועה", Some("(נועה) Noa")),
            person("さくら", Some("さくら")),
            person("민준", Some("민준")),
            person("小明", Some("小明")),
            person("อารี", Some("อารี")),
            person("zoë", Some("🦊")),
        ];
        for number in people.len()..PEOPLE {
            people.push(person(
                &format!("guest{number}"),
                Some(&format!("Guest {number}")),
            ));
        }
        people[JOHN].picture = Some(face(0x33_52_78));
        people[JANE].picture = Some(face(0x2f_7d_6b));
        people[DISABLED].disabled_at = Some(Timestamp(self.now.0 - DAY));
        people[DELETED].disabled_at = Some(Timestamp(self.now.0 - DAY));
        people[DELETED].is_deleted = true;
        // It begins like a PNG, which is all that the server looks at.
        people[BROKEN].picture =
            Some(b"\x89PNG\r\n\x1a\nand then nothing that anybody could show".to_vec());
        self.story.people = people;
    }

    /// When the next conversation begins: so many minutes before its last message, of which each conversation’s is later.
    fn next_start(&mut self, minutes: i64) -> i64 {
        self.started += 1;
        self.now.0 - (200 - self.started) * MINUTE - minutes * MINUTE
    }

    /// A room in which two people say these things.
    fn list_of(&mut self, name: &str, texts: &[&str], more: &[String]) {
        let from = self.next_start(60);
        let mut room = new_room(name, from, &[JOHN, JANE, LONGEST]);
        let texts = texts.iter().copied().chain(more.iter().map(String::as_str));
        for (index, text) in texts.enumerate() {
            let by = if index % 3 == 2 { JOHN } else { JANE };
            room.say(minute(from, index + 1), by, text);
        }
        self.story.conversations.push(room);
    }

    fn long_texts(&mut self) {
        let url = format!("https://example.com/{}", "unbroken-path/".repeat(107));
        let url: String = url.chars().take(1_500).collect();
        let words: String = "The quick brown fox jumps over the lazy dog. "
            .chars()
            .cycle()
            .take(MAX_MESSAGE_LENGTH)
            .collect();
        let lines: Vec<_> = (1..=200).map(|line| format!("line {line}")).collect();
        let long = [
            words,
            "x".repeat(MAX_MESSAGE_LENGTH),
            "字".repeat(MAX_MESSAGE_LENGTH),
            url.clone(),
            format!("Before {url} and after"),
            "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
                .repeat(4),
            lines.join("\n"),
            format!("a{}b", "\n".repeat(300)),
            "-".repeat(600),
        ];
        self.list_of(
            "Long and short",
            &[".", "1", "a", "?", "\u{200b}\u{200b}👍", "字"],
            &long,
        );
    }

    fn code(&mut self) {
        let wide = format!("```\nlet wide = \"{}\";\n```", "0123456789".repeat(60));
        let long: Vec<_> = (1..=150).map(|line| format!("    print({line})")).collect();
        let more = [
            wide,
            format!("```python\ndef long():\n{}\n```", long.join("\n")),
            "```\nunclosed\n  block".to_owned(),
            "````\n```\nfences in a fence\n```\n````".to_owned(),
            "`inline` and ``with ` a tick`` and `unclosed".to_owned(),
            "```rust```".to_owned(),
            "```\n\n\n```".to_owned(),
            "    four spaces\n\ttab".to_owned(),
            "Text before\n```json\n{ \"a\": [1, 2, { \"b\": null }] }\n```\nand after".to_owned(),
            format!("`{}`", "unbrokenInlineCode".repeat(40)),
        ];
        self.list_of("Code", &[], &more);
    }

    fn reactions(&mut self) {
        let from = self.next_start(30);
        let people: Vec<_> = self.crowd(LARGE);
        let mut room = new_room("Reactions", from, &people);
        let emoji = [
            "👍",
            "❤️",
            "😂",
            "🎉",
            "😮",
            "😢",
            "🙏",
            "🔥",
            "👀",
            "✅",
            "👨‍👩‍👧‍👦",
            "🏳️‍🌈",
            "🇩🇪",
            "👋🏽",
            "🚀",
            "💯",
            "🤔",
            "🥳",
            "🧀",
            "☕",
        ];
        let react = |message: &mut super::story::Message, emoji: &str, by: PersonIndex| {
            let at = Timestamp(message.at.0 + 1_000);
            message.reactions.push(Reaction {
                at,
                emoji: emoji.to_owned(),
                by,
            });
        };
        let most = room.say(minute(from, 1), JANE, "Twenty different ones");
        for (index, emoji) in emoji.iter().take(MAX_EMOJI).enumerate() {
            react(most, emoji, people[index % 7]);
        }
        let all = room.say(minute(from, 2), JOHN, "One of everybody");
        for person in &people {
            react(all, "👍", *person);
        }
        let short = room.say(minute(from, 3), JOHN, "k");
        for (index, person) in people.iter().enumerate() {
            react(short, emoji[index % MAX_EMOJI], *person);
        }
        self.story.conversations.push(room);
    }

    fn pictures(&mut self) {
        let from = self.next_start(60);
        let mut room = new_room("Pictures and files", from, &[JOHN, JANE, LONGEST]);
        let drawn = |width, height, hue, name: &str| {
            let mut canvas = Canvas::new(width, height, rgb(hue));
            let bottom = canvas.bottom();
            canvas.gradient(0. ..bottom, rgb(hue), rgb(0xf5_e7_c6));
            media::picture(name, None, &canvas)
        };
        let mut broken = drawn(640, 480, 0xb2_4c_3d, "broken.png");
        broken.bytes.truncate(60);
        broken.thumb = None;
        let mut endless = drawn(64, 48, 0x3d_5a_a8, "claims-to-be-huge.png");
        endless.size = Some([60_000, 60_000]);
        endless.thumbhash = None;
        let mut described = drawn(300, 200, 0x2f_7d_6b, "described.png");
        described.alt = Some(
            "A long description of a plain picture. "
                .chars()
                .cycle()
                .take(499)
                .collect(),
        );
        let long_name = format!("{}.png", "a-very-long-file-name-".repeat(11));
        let document = |name: &str| File {
            name: name.to_owned(),
            kind: "application/octet-stream",
            bytes: format!("contents of {name}").into_bytes(),
            ..File::default()
        };
        let ten = (0..MAX_ATTACHMENTS).map(|number| {
            let hue = 0x10_20_30 * u32::try_from(number).unwrap_or(0) + 0x20_20_20;
            drawn(200 + 60 * number, 300, hue, &format!("{number}.png"))
        });
        let sent: Vec<(&str, Vec<File>)> = vec![
            ("1 × 5,000", vec![drawn(1, 5_000, 0xd9_5d_63, "tall.png")]),
            ("5,000 × 1", vec![drawn(5_000, 1, 0x3f_7d_c9, "wide.png")]),
            ("1 × 1", vec![drawn(1, 1, 0x10_80_40, "dot.png")]),
            ("", vec![drawn(320, 640, 0x46_80_66, "without-words.png")]),
            ("Its bytes end early", vec![broken]),
            ("It is smaller than it says", vec![endless]),
            ("With a description", vec![described]),
            ("A long name", vec![drawn(90, 90, 0x8a_3f_22, &long_name)]),
            ("Ten", ten.collect()),
            (
                "Not pictures",
                vec![
                    document("README"),
                    document("ليس صورة.txt"),
                    document("no-ending."),
                    document("<b>bold</b>.html"),
                    document("photo.png"),
                ],
            ),
            (
                "A long text with a picture: ",
                vec![drawn(240, 160, 0x6a_4a_86, "small.png")],
            ),
        ];
        for (index, (text, files)) in sent.into_iter().enumerate() {
            let by = if index % 2 == 0 { JANE } else { JOHN };
            let text = if text.starts_with("A long text") {
                text.repeat(30)
            } else {
                text.to_owned()
            };
            room.say(minute(from, index + 1), by, text).files = files;
        }
        self.story.conversations.push(room);
    }

    /// Authors who are gone, and messages that are.
    fn gone(&mut self) {
        let from = self.next_start(60);
        let mut room = new_room(
            "Gone people and messages",
            from,
            &[JOHN, JANE, DISABLED, DELETED, BROKEN],
        );
        room.say(
            minute(from, 1),
            DISABLED,
            "I can’t sign in any more, and my messages stay.",
        );
        room.say(
            minute(from, 2),
            DELETED,
            "My account is deleted. This stays.",
        );
        room.say(minute(from, 3), BROKEN, "My picture can’t be shown.");
        let said = Said::System {
            kind: SystemKind::Left,
            subject: DELETED,
            actor: DELETED,
            data: String::new(),
        };
        room.push(minute(from, 4), said);
        room.say(
            minute(from, 5),
            JOHN,
            "Answers somebody whose account is deleted, and names @dana and @deleted-6.",
        )
        .answers = Some(2);
        let gone = room.messages.len();
        let gone_at = minute(from, 7);
        room.say(minute(from, 6), JANE, "").deleted_at = Some(gone_at);
        room.say(minute(from, 8), JOHN, "Answers a message that was deleted")
            .answers = Some(gone);
        let longest: String = "Answers with all there is room for. "
            .chars()
            .cycle()
            .take(MAX_MESSAGE_LENGTH)
            .collect();
        room.say(minute(from, 9), JANE, longest).answers = Some(gone + 1);
        for index in 10..20 {
            let deleted = room.say(
                minute(from, index),
                if index % 2 == 0 { JOHN } else { JANE },
                "",
            );
            deleted.deleted_at = Some(minute(from, index));
        }
        let edited = room.say(
            minute(from, 20),
            JANE,
            "Edited a day later than sent, it says",
        );
        edited.edited_at = Some(minute(from, 21));
        edited.is_pinned = true;
        room.say(minute(from, 22), JANE, "").deleted_at = Some(minute(from, 23));
        self.story.conversations.push(room);
    }

    /// Moments at which days and offsets change.
    fn days(&mut self) {
        let moments = [
            ("a leap day begins", "2024-02-29T00:00:00.000Z"),
            ("the last millisecond of a year", "2024-12-31T23:59:59.999Z"),
            ("the first of the next", "2025-01-01T00:00:00.000Z"),
            (
                "before clocks go forward in New York",
                "2025-03-09T06:59:59.999Z",
            ),
            ("after", "2025-03-09T07:00:00.000Z"),
            (
                "before clocks go forward in Europe",
                "2025-03-30T00:59:59.999Z",
            ),
            ("after", "2025-03-30T01:00:00.000Z"),
            (
                "half past two, before clocks go back in Europe",
                "2025-10-26T00:30:00.000Z",
            ),
            ("half past two again, after it", "2025-10-26T01:30:00.000Z"),
            ("half past one in New York", "2025-11-02T05:30:00.000Z"),
            ("half past one there again", "2025-11-02T06:30:00.000Z"),
            ("before midnight in UTC+14", "2025-11-30T09:59:59.999Z"),
            ("after midnight there", "2025-11-30T10:00:00.000Z"),
        ];
        let parsed = moments
            .iter()
            .filter_map(|(what, moment)| Some((*what, Timestamp::parse(moment)?)));
        let parsed: Vec<_> = parsed.filter(|(_, at)| *at <= self.now).collect();
        let from = parsed.first().map_or(self.now.0, |(_, at)| at.0) - DAY;
        let mut room = new_room("Days and clocks", from, &[JOHN, JANE]);
        for (index, (what, at)) in parsed.into_iter().enumerate() {
            room.say(at, index % 2, what);
        }
        let last = self.next_start(0);
        for (what, ago) in [
            ("two days ago", 2 * DAY),
            ("a day ago", DAY),
            ("today, at the same time", 0),
        ] {
            room.say(Timestamp(last - ago), JANE, what);
        }
        self.story.conversations.push(room);
    }

    /// Many messages in the same millisecond.
    fn bursts(&mut self) {
        let from = self.next_start(10);
        let mut room = new_room("Bursts", from, &[JOHN, JANE, BROKEN]);
        for number in 1..=60 {
            room.say(
                minute(from, 1),
                [JOHN, JANE, BROKEN][number % 3],
                format!("{number} of 60 at once"),
            );
        }
        for number in 1..=40 {
            room.say(
                minute(from, 2),
                JANE,
                format!("{number} of 40 by one person"),
            );
        }
        self.story.conversations.push(room);
    }

    /// System lines of every kind.
    fn changes(&mut self) {
        let from = self.next_start(60);
        let mut room = new_room("Changes", from, &[JOHN, JANE]);
        let name =
            "Changed often: the eightieth character of this name is the last one that fits!!!";
        let said = [
            (SystemKind::Opened, JOHN, JOHN, ""),
            (SystemKind::Joined, BROKEN, BROKEN, ""),
            (SystemKind::Added, LONGEST, JOHN, ""),
            (SystemKind::Added, WIDEST, JANE, ""),
            (SystemKind::Removed, WIDEST, JOHN, ""),
            (SystemKind::Left, BROKEN, BROKEN, ""),
            (SystemKind::Joined, BROKEN, BROKEN, ""),
            (SystemKind::Closed, JOHN, JOHN, ""),
            (SystemKind::PictureChanged, JOHN, JOHN, ""),
            (SystemKind::PictureRemoved, JOHN, JOHN, ""),
            (SystemKind::Owner, JANE, JOHN, ""),
            (SystemKind::Renamed, JANE, JANE, "<i>&amp;</i>"),
            (SystemKind::Renamed, JANE, JANE, name),
            (SystemKind::Renamed, JANE, JANE, "Changes"),
        ];
        for (index, (kind, subject, actor, data)) in said.into_iter().enumerate() {
            let said = Said::System {
                kind,
                subject,
                actor,
                data: data.to_owned(),
            };
            room.push(minute(from, index + 1), said);
        }
        self.story.conversations.push(room);
    }

    /// Conversations that somebody has read, muted, pinned or put away.
    fn read_states(&mut self) {
        let states: [(&str, usize, &[Setting]); 6] = [
            ("Unread, muted", 5, &[Setting::Level("none")]),
            ("Unread, mentions only", 3, &[Setting::Level("mentions")]),
            ("Marked unread", 0, &[Setting::MarkedUnread]),
            ("Archived", 0, &[Setting::Archived]),
            ("Pinned", 99, &[Setting::Pinned]),
            (
                "Pinned, muted, marked unread",
                0,
                &[
                    Setting::Pinned,
                    Setting::Level("none"),
                    Setting::MarkedUnread,
                ],
            ),
        ];
        for (name, unread, settings) in states {
            let from = self.next_start(120);
            let mut room = new_room(name, from, &[JOHN, JANE]);
            room.say(minute(from, 1), JOHN, "Hello?");
            for number in 2..=100 {
                let text = if number == 100 {
                    "@john, are you there?".to_owned()
                } else {
                    format!("Message {number}")
                };
                room.say(minute(from, number), JANE, text);
            }
            room.unread.push((JOHN, unread));
            room.settings
                .extend(settings.iter().map(|setting| (JOHN, *setting)));
            self.story.conversations.push(room);
        }
    }

    fn longest_name(&mut self) {
        let from = self.next_start(10);
        let name: String = "The longest name of a room that there can be, with "
            .chars()
            .cycle()
            .take(79)
            .chain(['!'])
            .collect();
        let mut room = new_room(&name, from, &[LONGEST, JOHN, WIDEST]);
        room.say(minute(from, 1), LONGEST, "My name is as long as it can be.");
        room.say(minute(from, 2), WIDEST, "Mine is wide.");
        let draft: String = "A draft as long as a message. "
            .chars()
            .cycle()
            .take(MAX_MESSAGE_LENGTH - 1)
            .chain(['!'])
            .collect();
        room.drafts.push((JOHN, draft));
        self.story.conversations.push(room);
        let from = self.next_start(10);
        let mut room = new_room(&"W".repeat(80), from, &[WIDEST, JOHN]);
        room.say(minute(from, 1), WIDEST, "W".repeat(80));
        self.story.conversations.push(room);
        for other in [LONGEST, WIDEST] {
            let from = self.next_start(10);
            self.direct(other, from, &["W".repeat(30).as_str(), "Short"]);
        }
    }

    fn direct(&mut self, other: PersonIndex, from: i64, texts: &[&str]) {
        let mut direct = Conversation::new(None, Timestamp(from), vec![JOHN, other]);
        for (index, text) in texts.iter().enumerate() {
            direct.say(minute(from, index + 1), other, *text);
        }
        self.story.conversations.push(direct);
    }

    /// So many people, John first, without those who are gone.
    fn crowd(&self, count: usize) -> Vec<PersonIndex> {
        let people = (0..self.story.people.len())
            .filter(|person| ![DISABLED, DELETED, QUIET].contains(person));
        people.take(count).collect()
    }

    fn large_room(&mut self) {
        let from = self.next_start(80);
        let people = self.crowd(LARGE);
        let mut room = new_room("Fifty-one people", from, &people);
        for (index, person) in people.iter().enumerate().skip(1) {
            let name = self.story.people[*person].username.as_str();
            room.say(
                minute(from, index),
                *person,
                format!("Hello, I am @{name}."),
            );
        }
        let names = people[1..21]
            .iter()
            .map(|person| format!("@{} ", self.story.people[*person].username));
        room.say(minute(from, 60), JOHN, names.collect::<Vec<_>>().concat());
        room.say(minute(from, 61), JOHN, "@all, there are fifty-one of us.");
        self.story.conversations.push(room);
    }

    fn history(&mut self) {
        let minutes = i64::try_from(HISTORY).unwrap_or(0) * 50;
        let from = self.next_start(minutes);
        let mut room = new_room("A history of 10,000", from, &[JOHN, JANE, LONGEST, BROKEN]);
        for number in 2..=HISTORY {
            let lately = number + UNREAD > HISTORY;
            let by = [JANE, LONGEST, BROKEN, if lately { JANE } else { JOHN }][number * 7 / 3 % 4];
            let text = match number % 10 {
                0 => format!(
                    "Number {number}, which is a longer message and takes more than one line on anything but the widest of screens, so that heights differ."
                ),
                5 => format!("{number}\nhas\nfour\nlines"),
                _ => format!("Number {number}"),
            };
            let message = room.say(
                Timestamp(from + i64::try_from(number).unwrap_or(0) * 50 * MINUTE),
                by,
                text,
            );
            if number % 50 == 0 {
                message.answers = Some(number - 30);
            }
        }
        room.unread.push((JOHN, UNREAD));
        self.story.conversations.push(room);
    }

    fn empty(&mut self) {
        let from = self.next_start(0);
        self.direct(QUIET, from, &[]);
        let from = self.next_start(0);
        let room = new_room("Nobody has said anything", from, &[JOHN]);
        self.story.conversations.push(room);
    }

    /// Fills John’s list with older conversations, which come first.
    fn fill_list(&mut self) {
        let listed = self.story.conversations.iter();
        let listed = listed.filter(|each| !each.messages.is_empty()).count();
        for number in listed..LISTED {
            let from = self.now.0 - 300 * DAY + i64::try_from(number).unwrap_or(0) * DAY;
            if number % 2 == 0 {
                let guest = USERNAMES.len() + 2 + (number - listed) / 2;
                self.direct(guest, from, &["One of many"]);
            } else {
                let mut room = new_room(&format!("Room {number}"), from, &[JANE, JOHN]);
                room.say(minute(from, 1), JANE, "One of many");
                self.story.conversations.push(room);
            }
        }
    }
}

fn new_room(name: &str, from: i64, people: &[PersonIndex]) -> Conversation {
    let room = Room {
        name: name.to_owned(),
        is_open: false,
        picture: None,
    };
    let mut room = Conversation::new(Some(room), Timestamp(from), people.to_vec());
    room.begin();
    room
}

fn minute(from: i64, minutes: usize) -> Timestamp {
    Timestamp(from + i64::try_from(minutes).unwrap_or(0) * MINUTE)
}
