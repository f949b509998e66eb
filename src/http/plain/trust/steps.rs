//! How an authority is installed on each system, step by step.

use maud::{Markup, html};

use super::{
    DER, PEM, PROFILE,
    pictures::{Picture, picture},
};
use crate::http::plain::words::Language;

/// Where people install an authority: a system, or a browser that has a list of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    Ios,
    Mac,
    Android,
    Windows,
    Linux,
    Firefox,
}

impl System {
    const ALL: [Self; 6] = [
        Self::Ios,
        Self::Mac,
        Self::Android,
        Self::Windows,
        Self::Linux,
        Self::Firefox,
    ];

    /// What a `User-Agent` is about. An iPad may say that it is a Mac. Firefox asks the system on all but Linux.
    pub fn of(agent: &str) -> Option<Self> {
        let has = |word: &str| agent.contains(word);
        if has("iPhone") || has("iPad") || has("iPod") {
            Some(Self::Ios)
        } else if has("Android") {
            Some(Self::Android)
        } else if has("Macintosh") {
            Some(Self::Mac)
        } else if has("Windows") {
            Some(Self::Windows)
        } else if has("Firefox") {
            Some(Self::Firefox)
        } else if has("Linux") || has("X11") || has("CrOS") {
            Some(Self::Linux)
        } else {
            None
        }
    }

    /// The key of its name.
    fn key(self) -> &'static str {
        match self {
            Self::Ios => "trust.ios",
            Self::Mac => "trust.mac",
            Self::Android => "trust.android",
            Self::Windows => "trust.windows",
            Self::Linux => "trust.linux",
            Self::Firefox => "trust.firefox",
        }
    }
}

/// One step: what to do, or what to download or type.
enum Step {
    /// A file to download, with the key of what the link says.
    Download(&'static str, &'static str),
    /// A key of words.
    Do(Picture, &'static str),
    /// A command, and the key of what it is for.
    Type(&'static str, &'static str),
}

fn steps(system: System) -> Vec<Step> {
    use Step::{Do, Download, Type};
    match system {
        System::Ios => vec![
            Download(PROFILE, "trust.profile"),
            Do(Picture::Install, "trust.ios.install"),
            Do(Picture::Switch, "trust.ios.switch"),
        ],
        System::Mac => vec![
            Download(PROFILE, "trust.profile"),
            Do(Picture::Install, "trust.mac.install"),
            Do(Picture::Shield, "trust.mac.keychain"),
            Do(Picture::Tablet, "trust.mac.ipad"),
        ],
        System::Android => vec![
            Download(DER, "trust.certificate"),
            Do(Picture::Settings, "trust.android.settings"),
            Do(Picture::Install, "trust.android.install"),
        ],
        System::Windows => vec![
            Download(DER, "trust.certificate"),
            Do(Picture::Install, "trust.windows.install"),
            Do(Picture::Shield, "trust.windows.store"),
            Type(
                "certutil -user -addstore Root tincan.crt",
                "trust.windows.command",
            ),
        ],
        System::Linux => vec![
            Download(PEM, "trust.certificate"),
            Type(
                "sudo cp tincan.pem /usr/local/share/ca-certificates/tincan.crt && sudo update-ca-certificates",
                "trust.linux.debian",
            ),
            Type("sudo trust anchor tincan.pem", "trust.linux.fedora"),
            Type(
                "certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n Tincan -i tincan.pem",
                "trust.linux.chrome",
            ),
        ],
        System::Firefox => vec![
            Download(PEM, "trust.certificate"),
            Do(Picture::Settings, "trust.firefox.import"),
            Do(Picture::Shield, "trust.firefox.trust"),
            Do(Picture::Tablet, "trust.firefox.android"),
        ],
    }
}

/// The steps for all systems. Those for `own` are open.
pub fn all(words: &'static Language, own: Option<System>, authority: &str) -> Markup {
    let authority = html! { bdi dir="ltr" { (authority) } };
    let text = |key| words.markup(key, &[("authority", authority.clone())]);
    html! {
        h2 { (words.text("trust.steps")) }
        @for system in System::ALL {
            details.system open[own == Some(system)] {
                summary { (words.text(system.key())) }
                ol.steps {
                    @for step in steps(system) {
                        @match step {
                            Step::Download(path, key) => li {
                                (picture(Picture::Download))
                                div { a href=(path) { (words.text(key)) } }
                            },
                            Step::Do(kind, key) => li { (picture(kind)) div { (text(key)) } },
                            Step::Type(command, key) => li {
                                (picture(Picture::Terminal))
                                div { (text(key)) pre dir="ltr" { code { (command) } } }
                            },
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_says_of_itself_opens_its_system() {
        for (agent, system) in [
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
                Some(System::Ios),
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
                Some(System::Mac),
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
                Some(System::Android),
            ),
            (
                "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0",
                Some(System::Android),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
                Some(System::Windows),
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
                Some(System::Firefox),
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
                Some(System::Linux),
            ),
            ("curl/8.14.1", None),
            ("", None),
        ] {
            assert_eq!(System::of(agent), system, "{agent}");
        }
    }
}
