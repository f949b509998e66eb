//! The faces of people.

use super::draw::{Canvas, rgb};

/// A face.
#[derive(Clone, Copy, Debug)]
pub(super) struct Face {
    pub(super) behind: u32,
    pub(super) skin: u32,
    pub(super) hair: u32,
    pub(super) shirt: u32,
    pub(super) cut: Cut,
    pub(super) has_glasses: bool,
}

/// How somebody wears their hair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    Short,
    Long,
    Bun,
    Beard,
    Curls,
}

impl Face {
    pub(super) fn draw(self, side: usize) -> Canvas {
        let (skin, hair) = (rgb(self.skin), rgb(self.hair));
        let dark = rgb(0x2a_22_20);
        let mut c = Canvas::new(side, side, rgb(self.behind));
        match self.cut {
            Cut::Long => c.rectangle([0.26, 0.2, 0.74, 0.82], 0.22, hair),
            Cut::Bun => c.disc([0.5, 0.16], 0.11, hair),
            Cut::Curls => {
                for [x, y] in [
                    [0.32, 0.33],
                    [0.38, 0.23],
                    [0.5, 0.19],
                    [0.62, 0.23],
                    [0.68, 0.33],
                    [0.3, 0.44],
                    [0.7, 0.44],
                ] {
                    c.disc([x, y], 0.11, hair);
                }
            }
            Cut::Short | Cut::Beard => {}
        }
        c.ellipse([0.5, 1.05], [0.36, 0.3], rgb(self.shirt));
        c.rectangle([0.43, 0.6, 0.57, 0.82], 0.06, skin);
        c.ellipse([0.5, 0.36], [0.215, 0.2], hair);
        c.ellipse([0.5, 0.46], [0.19, 0.235], skin);
        if self.cut == Cut::Beard {
            c.ellipse([0.5, 0.6], [0.165, 0.115], hair);
            c.ellipse([0.5, 0.5], [0.15, 0.09], skin);
        }
        c.ellipse([0.47, 0.29], [0.17, 0.065], hair);
        for eye in [0.425, 0.575] {
            c.disc([eye, 0.45], 0.021, dark);
            c.rectangle([eye - 0.035, 0.395, eye + 0.035, 0.408], 0.006, hair);
            if self.has_glasses {
                for [from, to] in [[0.39, 0.4], [0.5, 0.51]] {
                    c.rectangle([eye - 0.06, from, eye + 0.06, to], 0.004, dark);
                    let edge = if from < 0.45 { eye - 0.06 } else { eye + 0.05 };
                    c.rectangle([edge, 0.39, edge + 0.01, 0.51], 0.004, dark);
                }
            }
        }
        if self.has_glasses {
            c.rectangle([0.48, 0.44, 0.52, 0.45], 0.004, dark);
        }
        c.line(
            &[[0.44, 0.575], [0.47, 0.592], [0.53, 0.592], [0.56, 0.575]],
            0.014,
            rgb(0xa8_4a_45),
        );
        c
    }
}
