//! The small drawings beside the steps, in lines of the text’s colour. They say nothing that the text doesn’t.

use maud::{Markup, html};

#[derive(Clone, Copy, Debug)]
pub enum Picture {
    /// An arrow into a tray.
    Download,
    /// A list of settings, with knobs.
    Settings,
    /// A document with a check mark.
    Install,
    /// A row of settings with a switch that is on.
    Switch,
    /// A shield with a check mark.
    Shield,
    /// A prompt.
    Terminal,
    /// A tablet beside a phone.
    Tablet,
}

/// A drawing of 40 × 40 pixels.
pub fn picture(picture: Picture) -> Markup {
    html! {
        svg width="40" height="40" viewBox="0 0 40 40" fill="none" stroke="currentColor" stroke-width="2"
            stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" {
            (lines(picture))
        }
    }
}

fn lines(picture: Picture) -> Markup {
    let path = |d: &str| html! { path d=(d) {} };
    match picture {
        Picture::Download => path("M20 6v19m-7-7 7 7 7-7M6 26v6a2 2 0 0 0 2 2h24a2 2 0 0 0 2-2v-6"),
        Picture::Settings => html! {
            (path("M6 11h12m8 0h8M6 20h4m8 0h16M6 29h16m8 0h4"))
            circle cx="22" cy="11" r="4" {}
            circle cx="14" cy="20" r="4" {}
            circle cx="26" cy="29" r="4" {}
        },
        Picture::Install => path(
            "M24 5H11a2 2 0 0 0-2 2v26a2 2 0 0 0 2 2h18a2 2 0 0 0 2-2V12zv7h7M14 24l4.5 4.5L26 20",
        ),
        Picture::Switch => html! {
            rect x="2" y="10" width="36" height="20" rx="4" {}
            (path("M7 17h8M7 23h5"))
            rect x="19" y="15" width="15" height="10" rx="5" fill="currentColor" {}
            circle.knob cx="29" cy="20" r="3.5" stroke="none" {}
        },
        Picture::Shield => {
            path("M20 4 7 9v10c0 8 5 14 13 17 8-3 13-9 13-17V9zM14 20l4.5 4.5L27 16")
        }
        Picture::Terminal => html! {
            rect x="4" y="7" width="32" height="26" rx="3" {}
            (path("m10 15 5 5-5 5m9 0h9"))
        },
        Picture::Tablet => html! {
            rect x="4" y="5" width="21" height="30" rx="3" {}
            rect x="27" y="17" width="10" height="18" rx="2" {}
            (path("M13 31h3m15 0.5h2"))
        },
    }
}
