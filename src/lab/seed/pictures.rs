//! What is drawn: photographs and sketches that people send, and the pictures of rooms.

#![expect(clippy::cast_precision_loss, reason = "there are few of everything")]

use std::f32::consts::{FRAC_PI_2, TAU};

use super::{
    draw::{Canvas, Colour, rgb},
    random::Random,
};

type Draw = fn(&mut Canvas, &mut Random);

/// By the names that scripts have for them.
const DRAWINGS: &[(&str, Draw)] = &[
    ("sunset", sunset),
    ("hills", hills),
    ("city", city),
    ("bars", bars),
    ("curve", curve),
    ("cake", cake),
    ("plan", plan),
    ("screen", screen),
    ("tap", tap),
    ("bread", bread),
    ("pitch", pitch),
    ("cat", cat),
    ("key", key),
    ("tram", tram),
    ("house", house),
    ("jar", jar),
    ("ball", ball),
    ("bowl", bowl),
];

/// Draws what has this name, if anything. The seed chooses among its variants.
pub(super) fn draw(name: &str, [width, height]: [usize; 2], seed: u64) -> Option<Canvas> {
    let (_, draw) = DRAWINGS.iter().find(|(known, _)| *known == name)?;
    let mut canvas = Canvas::new(width, height, rgb(0xf5_f1_e8));
    draw(&mut canvas, &mut Random::new(seed));
    Some(canvas)
}

/// A number between two others.
fn between(random: &mut Random, least: f32, most: f32) -> f32 {
    least + (most - least) * random.within(0..=1000) as f32 / 1000.
}

fn one_of(random: &mut Random, colours: &[u32]) -> Colour {
    let last = i64::try_from(colours.len()).unwrap_or(1) - 1;
    let index = usize::try_from(random.within(0..=last)).unwrap_or(0);
    rgb(colours.get(index).copied().unwrap_or_default())
}

fn sunset(c: &mut Canvas, random: &mut Random) {
    let (right, bottom) = (c.right(), c.bottom());
    let sea = bottom * between(random, 0.55, 0.7);
    let sky = one_of(random, &[0x2b_2d_5b, 0x35_3f_7a, 0x4a_2f_5e]);
    c.gradient(0. ..sea * 0.6, sky, rgb(0xd9_5d_63));
    c.gradient(sea * 0.6..sea, rgb(0xd9_5d_63), rgb(0xff_c1_6b));
    let sun = right * between(random, 0.25, 0.75);
    c.disc([sun, sea - 0.04], 0.17, rgb(0xff_d4_8a));
    c.disc([sun, sea - 0.04], 0.13, rgb(0xff_f0_c4));
    c.gradient(sea..bottom, rgb(0xc8_6a_63), rgb(0x1d_26_4a));
    for wave in 0..9 {
        let (y, half) = (
            sea + 0.02 + 0.035 * wave as f32,
            between(random, 0.03, 0.12),
        );
        c.rectangle(
            [sun - half, y, sun + half, y + 0.008],
            0.004,
            rgb(0xff_d0_91),
        );
    }
    let boat = right * between(random, 0.1, 0.9);
    c.convex(
        &[
            [boat, sea - 0.13],
            [boat + 0.07, sea + 0.02],
            [boat, sea + 0.02],
        ],
        rgb(0x24_1f_3a),
    );
    c.rectangle(
        [boat - 0.05, sea + 0.02, boat + 0.09, sea + 0.045],
        0.012,
        rgb(0x18_14_2a),
    );
}

fn hills(c: &mut Canvas, random: &mut Random) {
    let (right, bottom) = (c.right(), c.bottom());
    c.gradient(0. ..bottom, rgb(0x8f_c6_e8), rgb(0xf6_ee_d6));
    c.disc(
        [right * between(random, 0.2, 0.8), 0.2],
        0.09,
        rgb(0xff_f4_cf),
    );
    for (layer, colour) in [0x9d_bf_c4, 0x6f_a3_96, 0x46_80_66, 0x2b_5a_45]
        .into_iter()
        .enumerate()
    {
        let (phase, speed) = (between(random, 0., 6.), between(random, 2., 5.));
        let base = bottom * (0.45 + 0.13 * layer as f32);
        c.ground(
            |x| base + 0.07 * (x * speed + phase).sin() + 0.02 * (x * speed * 2.7).sin(),
            rgb(colour),
        );
    }
    for _ in 0..7 {
        let (x, y) = (
            right * between(random, 0.03, 0.97),
            bottom * between(random, 0.86, 0.94),
        );
        c.rectangle([x - 0.006, y, x + 0.006, y + 0.04], 0., rgb(0x4b_36_26));
        c.convex(
            &[[x, y - 0.13], [x + 0.045, y + 0.01], [x - 0.045, y + 0.01]],
            rgb(0x1b_3f_2f),
        );
    }
}

fn city(c: &mut Canvas, random: &mut Random) {
    let (right, bottom) = (c.right(), c.bottom());
    c.gradient(0. ..bottom, rgb(0x14_1b_3c), rgb(0x5b_4a_7d));
    c.disc([right * 0.8, 0.18], 0.07, rgb(0xf3_ed_d2));
    let mut x = -0.02;
    while x < right {
        let width = between(random, 0.09, 0.19);
        let top = bottom * between(random, 0.35, 0.75);
        c.rectangle(
            [x, top, x + width, bottom],
            0.,
            one_of(random, &[0x1d_21_3a, 0x24_28_47, 0x17_1a_30]),
        );
        let mut y = top + 0.03;
        while y < bottom - 0.04 {
            for window in 0..4 {
                let left = x + width * (0.12 + 0.21 * window as f32);
                if random.within(0..=2) > 0 {
                    let light = one_of(random, &[0xff_d8_82, 0xf6_b7_5a, 0x3b_40_63]);
                    c.rectangle([left, y, left + width * 0.11, y + 0.022], 0., light);
                }
            }
            y += 0.045;
        }
        x += width + 0.008;
    }
}

/// The paper and the axes of a chart.
fn axes(c: &mut Canvas) {
    let (right, bottom) = (c.right(), c.bottom());
    c.gradient(0. ..bottom, rgb(0xff_ff_ff), rgb(0xff_ff_ff));
    c.rectangle([0.08, 0.07, 0.42, 0.1], 0.015, rgb(0x33_3d_4d));
    c.rectangle([0.08, 0.125, 0.3, 0.14], 0.007, rgb(0xb4_bc_c8));
    for line in 0..5 {
        let y = 0.22 + (bottom - 0.34) * line as f32 / 4.;
        c.rectangle([0.14, y, right - 0.08, y + 0.003], 0., rgb(0xe2_e6_ec));
        c.rectangle([0.07, y - 0.008, 0.12, y + 0.008], 0.006, rgb(0xc5_cb_d5));
    }
}

fn bars(c: &mut Canvas, random: &mut Random) {
    axes(c);
    let (right, bottom) = (c.right(), c.bottom());
    let (left, base) = (0.17, bottom - 0.12);
    let step = (right - 0.1 - left) / 12.;
    let mut height = 0.15;
    for bar in 0..12 {
        height = (height + between(random, -0.06, 0.12)).clamp(0.05, base - 0.24);
        let x = left + step * bar as f32;
        let colour = rgb(if bar == 11 { 0xe0_7a_3f } else { 0x3f_7d_c9 });
        c.rectangle([x, base - height, x + step * 0.66, base], 0.008, colour);
        c.rectangle(
            [x, base + 0.03, x + step * 0.5, base + 0.042],
            0.006,
            rgb(0xc5_cb_d5),
        );
    }
}

fn curve(c: &mut Canvas, random: &mut Random) {
    axes(c);
    let (right, bottom) = (c.right(), c.bottom());
    for colour in [0xb8_c4_d6, 0x2e_9e_7a] {
        let mut y = bottom * 0.5;
        let mut points = Vec::new();
        for step in 0..=40 {
            y = (y + between(random, -0.035, 0.027)).clamp(0.24, bottom - 0.14);
            points.push([0.15 + (right - 0.25) * step as f32 / 40., y]);
        }
        c.line(&points, 0.009, rgb(colour));
        if let Some(last) = points.last() {
            c.disc(*last, 0.016, rgb(colour));
        }
    }
}

fn table(c: &mut Canvas, wall: u32, top: u32) -> f32 {
    let bottom = c.bottom();
    let edge = bottom * 0.66;
    c.gradient(0. ..edge, rgb(wall), rgb(wall));
    c.gradient(edge..bottom, rgb(top), rgb(0x5d_3f_2a));
    edge
}

fn cake(c: &mut Canvas, random: &mut Random) {
    let edge = table(c, 0xf0_d9_cf, 0x9a_6b_47);
    let middle = c.right() / 2.;
    c.ellipse([middle, edge + 0.12], [0.4, 0.075], rgb(0xf7_f3_ec));
    let icing = one_of(random, &[0xf2_9f_b0, 0xf7_e3_b5, 0xa9_d3_c1]);
    c.rectangle(
        [middle - 0.29, edge - 0.16, middle + 0.29, edge + 0.13],
        0.04,
        rgb(0x7a_4a_2e),
    );
    c.rectangle(
        [middle - 0.29, edge - 0.03, middle + 0.29, edge + 0.],
        0.,
        rgb(0xfa_f0_dd),
    );
    c.rectangle(
        [middle - 0.3, edge - 0.2, middle + 0.3, edge - 0.09],
        0.05,
        icing,
    );
    for drop in 0..7 {
        let x = middle - 0.26 + 0.087 * drop as f32;
        c.rectangle(
            [
                x - 0.028,
                edge - 0.12,
                x + 0.028,
                edge - between(random, 0.01, 0.07),
            ],
            0.028,
            icing,
        );
    }
    for candle in 0..5 {
        let x = middle - 0.2 + 0.1 * candle as f32;
        c.rectangle(
            [x - 0.012, edge - 0.33, x + 0.012, edge - 0.19],
            0.005,
            one_of(random, &[0x5b_9b_d5, 0xe8_6a_5f, 0x7b_b6_61]),
        );
        c.ellipse([x, edge - 0.36], [0.016, 0.032], rgb(0xff_b8_3d));
        c.ellipse([x, edge - 0.352], [0.008, 0.016], rgb(0xff_f3_bf));
    }
}

fn plan(c: &mut Canvas, random: &mut Random) {
    let (right, bottom) = (c.right(), c.bottom());
    c.gradient(0. ..bottom, rgb(0xfb_fa_f5), rgb(0xfb_fa_f5));
    for line in 1..20 {
        let at = 0.1 * line as f32;
        c.rectangle([at, 0., at + 0.002, bottom], 0., rgb(0xe4_ea_ee));
        c.rectangle([0., at, right, at + 0.002], 0., rgb(0xe4_ea_ee));
    }
    let ink = rgb(0x2c_3a_52);
    let (near, far, low) = (0.1, right - 0.1, bottom - 0.1);
    c.line(
        &[
            [near, near],
            [far, near],
            [far, low],
            [near, low],
            [near, near],
        ],
        0.018,
        ink,
    );
    let wall = near + (far - near) * between(random, 0.4, 0.6);
    c.line(
        &[[wall, near], [wall, near + (low - near) * 0.4]],
        0.014,
        ink,
    );
    c.line(
        &[[wall, near + (low - near) * 0.58], [wall, low]],
        0.014,
        ink,
    );
    let across = near + (low - near) * between(random, 0.45, 0.6);
    c.line(&[[wall, across], [wall + 0.12, across]], 0.014, ink);
    c.line(&[[wall + 0.24, across], [far, across]], 0.014, ink);
    c.rectangle(
        [near + 0.05, near + 0.05, near + 0.27, near + 0.17],
        0.02,
        rgb(0xcf_dd_ea),
    );
    c.rectangle(
        [near + 0.06, low - 0.22, near + 0.2, low - 0.06],
        0.02,
        rgb(0xf1_d6_b8),
    );
    c.disc([far - 0.12, low - 0.12], 0.06, rgb(0xcb_e3_cf));
    c.line(
        &[[near + 0.32, low - 0.1], [wall - 0.06, low - 0.1]],
        0.006,
        rgb(0xd6_4f_45),
    );
}

fn screen(c: &mut Canvas, random: &mut Random) {
    let (right, bottom) = (c.right(), c.bottom());
    c.gradient(0. ..bottom, rgb(0xf4_f5_f7), rgb(0xf4_f5_f7));
    let accent = one_of(random, &[0x2f_7d_6b, 0xb3_54_2e, 0x3d_5a_a8]);
    c.rectangle([0., 0., right, 0.11], 0., accent);
    c.rectangle([0.05, 0.043, 0.3, 0.067], 0.012, rgb(0xff_ff_ff));
    c.disc([right - 0.08, 0.055], 0.025, rgb(0xff_ff_ff));
    let mut y = 0.15;
    while y < bottom - 0.16 {
        c.rectangle([0.05, y, right - 0.05, y + 0.13], 0.02, rgb(0xff_ff_ff));
        c.rectangle(
            [0.075, y + 0.025, 0.155, y + 0.105],
            0.015,
            one_of(random, &[0xf0_c9_a0, 0xc9_dd_b8, 0xe6_b8_b1, 0xbf_d1_e5]),
        );
        let end = right - 0.1 - between(random, 0., 0.25);
        c.rectangle([0.19, y + 0.032, end, y + 0.052], 0.01, rgb(0x4a_52_60));
        c.rectangle(
            [0.19, y + 0.078, (end - 0.12).max(0.3), y + 0.092],
            0.007,
            rgb(0xb9_c0_ca),
        );
        y += 0.155;
    }
    c.disc([right - 0.12, bottom - 0.12], 0.06, accent);
    c.rectangle(
        [right - 0.145, bottom - 0.125, right - 0.095, bottom - 0.115],
        0.,
        rgb(0xff_ff_ff),
    );
    c.rectangle(
        [right - 0.125, bottom - 0.145, right - 0.115, bottom - 0.095],
        0.,
        rgb(0xff_ff_ff),
    );
}

fn tap(c: &mut Canvas, random: &mut Random) {
    let (right, bottom) = (c.right(), c.bottom());
    c.gradient(0. ..bottom, rgb(0xd7_e4_e2), rgb(0xc2_d2_d0));
    for line in 0..12 {
        let at = 0.16 * line as f32;
        c.rectangle([0., at, right, at + 0.006], 0., rgb(0xb0_c4_c2));
        c.rectangle([at, 0., at + 0.006, bottom], 0., rgb(0xb0_c4_c2));
    }
    let (x, y) = (right * 0.42, bottom * 0.35);
    let (steel, shine) = (rgb(0x8d_98_a3), rgb(0xcf_d8_df));
    c.rectangle([x - 0.05, y - 0.05, x + 0.05, bottom * 0.8], 0.02, steel);
    c.rectangle([x - 0.035, y - 0.03, x - 0.02, bottom * 0.8], 0.007, shine);
    c.line(
        &[[x, y], [x + 0.2, y - 0.03], [x + 0.27, y + 0.07]],
        0.07,
        steel,
    );
    c.rectangle(
        [x - 0.13, y - 0.12, x + 0.13, y - 0.07],
        0.025,
        rgb(0xb8_44_3c),
    );
    c.rectangle([x - 0.02, y - 0.1, x + 0.02, y], 0., steel);
    for drop in 0..4 {
        let fall = y + 0.14 + 0.11 * drop as f32 + between(random, 0., 0.03);
        c.ellipse([x + 0.27, fall], [0.014, 0.024], rgb(0x4f_94_c4));
    }
    c.ellipse([x + 0.22, bottom * 0.93], [0.3, 0.05], rgb(0x8a_b9_d6));
}

fn bread(c: &mut Canvas, random: &mut Random) {
    let edge = table(c, 0xe9_e3_d6, 0xb0_80_54);
    let middle = c.right() / 2.;
    c.rectangle(
        [middle - 0.46, edge + 0.05, middle + 0.46, edge + 0.16],
        0.03,
        rgb(0xd9_b3_82),
    );
    let crust = one_of(random, &[0xa8_64_2c, 0x8f_51_22, 0xb9_77_3a]);
    c.ellipse([middle, edge - 0.02], [0.37, 0.19], crust);
    c.ellipse([middle - 0.03, edge - 0.06], [0.3, 0.12], rgb(0xc7_8a_4b));
    for cut in 0..4 {
        let x = middle - 0.2 + 0.12 * cut as f32;
        c.line(
            &[[x, edge - 0.13], [x + 0.05, edge - 0.02]],
            0.018,
            rgb(0xf1_d9_ad),
        );
    }
}

fn pitch(c: &mut Canvas, random: &mut Random) {
    let (right, bottom) = (c.right(), c.bottom());
    for stripe in 0..10 {
        let x = right * stripe as f32 / 10.;
        let green = rgb(if stripe % 2 == 0 {
            0x3c_8d_4f
        } else {
            0x46_9a_5a
        });
        c.rectangle([x, 0., x + right / 10. + 0.01, bottom], 0., green);
    }
    let white = rgb(0xee_f5_ee);
    let (near, far, low) = (0.06, right - 0.06, bottom - 0.06);
    c.line(
        &[
            [near, near],
            [far, near],
            [far, low],
            [near, low],
            [near, near],
        ],
        0.008,
        white,
    );
    c.line(&[[right / 2., near], [right / 2., low]], 0.008, white);
    for (x, inner) in [(near, near + 0.16), (far, far - 0.16)] {
        c.line(
            &[
                [x, bottom * 0.3],
                [inner, bottom * 0.3],
                [inner, bottom * 0.7],
                [x, bottom * 0.7],
            ],
            0.008,
            white,
        );
    }
    for player in 0..7 {
        let (column, row) = (player / 3, player % 3);
        let x = right * (0.14 + 0.15 * column as f32) + between(random, -0.02, 0.02);
        let y = bottom * (0.25 + 0.25 * row as f32) + between(random, -0.03, 0.03);
        c.disc([x, y], 0.033, rgb(0xd9_3b_3b));
        c.disc([right - x, y], 0.033, rgb(0xf2_c8_3a));
    }
    c.line(
        &[
            [right * 0.3, bottom * 0.5],
            [right * 0.52, bottom * 0.3],
            [right * 0.7, bottom * 0.42],
        ],
        0.01,
        rgb(0xff_ff_ff),
    );
}

fn cat(c: &mut Canvas, random: &mut Random) {
    let edge = table(c, 0xb9_cd_d6, 0x6d_7f_9a);
    let x = c.right() * between(random, 0.42, 0.58);
    let (fur, dark) = (one_of(random, &[0xd9_8e_4a, 0x6b_6f_78]), rgb(0x2b_26_26));
    c.line(
        &[
            [x + 0.24, edge + 0.1],
            [x + 0.4, edge - 0.03],
            [x + 0.36, edge - 0.16],
        ],
        0.06,
        fur,
    );
    c.ellipse([x, edge + 0.02], [0.27, 0.2], fur);
    c.convex(
        &[
            [x - 0.2, edge - 0.46],
            [x - 0.06, edge - 0.32],
            [x - 0.18, edge - 0.24],
        ],
        fur,
    );
    c.convex(
        &[
            [x + 0.2, edge - 0.46],
            [x + 0.18, edge - 0.24],
            [x + 0.06, edge - 0.32],
        ],
        fur,
    );
    c.disc([x, edge - 0.22], 0.19, fur);
    for eye in [x - 0.075, x + 0.075] {
        c.ellipse([eye, edge - 0.25], [0.032, 0.036], rgb(0xd8_e0_8c));
        c.ellipse([eye, edge - 0.25], [0.011, 0.033], dark);
    }
    c.convex(
        &[
            [x - 0.022, edge - 0.19],
            [x + 0.022, edge - 0.19],
            [x, edge - 0.165],
        ],
        rgb(0xe5_9a_9a),
    );
    for whisker in [-0.02, 0.012] {
        c.line(
            &[
                [x - 0.06, edge - 0.16 + whisker],
                [x - 0.26, edge - 0.18 + 2. * whisker],
            ],
            0.005,
            rgb(0xf4_ef_e8),
        );
        c.line(
            &[
                [x + 0.06, edge - 0.16 + whisker],
                [x + 0.26, edge - 0.18 + 2. * whisker],
            ],
            0.005,
            rgb(0xf4_ef_e8),
        );
    }
}

fn key(c: &mut Canvas, _: &mut Random) {
    let (right, bottom) = (c.right(), c.bottom());
    c.gradient(0. ..bottom, rgb(0x6a_71_5f), rgb(0x4d_54_47));
    let (y, brass) = (bottom / 2., rgb(0xd9_ae_4f));
    let left = right / 2. - 0.36;
    c.disc([left + 0.1, y], 0.14, brass);
    c.disc([left + 0.07, y], 0.045, rgb(0x5b_62_51));
    c.rectangle([left + 0.2, y - 0.03, left + 0.7, y + 0.03], 0.01, brass);
    for (at, length) in [(0.45, 0.09), (0.54, 0.06), (0.63, 0.1)] {
        c.rectangle([left + at, y, left + at + 0.045, y + length], 0.006, brass);
    }
    c.line(
        &[[left + 0.05, y - 0.02], [left - 0.12, y - 0.24]],
        0.02,
        rgb(0xc4_3f_3f),
    );
    c.rectangle(
        [left - 0.22, y - 0.36, left - 0.02, y - 0.22],
        0.03,
        rgb(0xc4_3f_3f),
    );
}

fn tram(c: &mut Canvas, random: &mut Random) {
    let (right, bottom) = (c.right(), c.bottom());
    c.gradient(0. ..bottom, rgb(0x9c_d0_ee), rgb(0xf7_ea_d0));
    let mut x = -0.03;
    while x < right {
        let width = between(random, 0.18, 0.28);
        let top = bottom * between(random, 0.18, 0.34);
        c.rectangle(
            [x, top, x + width, bottom * 0.8],
            0.,
            one_of(random, &[0xf1_d7_b1, 0xe8_b4_a0, 0xcf_dc_d0, 0xf5_e7_c6]),
        );
        for row in 0..3 {
            let y = top + 0.05 + 0.12 * row as f32;
            for side in [0.22, 0.6] {
                c.rectangle(
                    [x + width * side, y, x + width * (side + 0.2), y + 0.07],
                    0.01,
                    rgb(0x56_75_8c),
                );
            }
        }
        x += width;
    }
    c.ground(|x| bottom * 0.8 + 0.05 * (x - right / 2.), rgb(0x8b_83_7b));
    let (x, y) = (right * 0.5, bottom * 0.62);
    c.line(&[[x, y - 0.2], [x + 0.1, y - 0.32]], 0.012, rgb(0x3b_38_36));
    c.rectangle(
        [x - 0.27, y - 0.2, x + 0.27, y + 0.16],
        0.04,
        rgb(0xf2_c2_2e),
    );
    c.rectangle(
        [x - 0.27, y + 0.02, x + 0.27, y + 0.06],
        0.,
        rgb(0xfb_f6_ea),
    );
    for window in 0..4 {
        let left = x - 0.24 + 0.123 * window as f32;
        c.rectangle(
            [left, y - 0.15, left + 0.1, y - 0.01],
            0.015,
            rgb(0x3f_5d_73),
        );
    }
    for wheel in [x - 0.16, x + 0.16] {
        c.disc([wheel, y + 0.17], 0.05, rgb(0x2c_2a_29));
    }
}

fn house(c: &mut Canvas, _: &mut Random) {
    c.gradient(0. ..1., rgb(0x7f_b5_d8), rgb(0xcf_e6_ef));
    c.ground(|_| 0.82, rgb(0x6f_9e_63));
    c.rectangle([0.25, 0.45, 0.75, 0.84], 0., rgb(0xf4_e3_c8));
    c.convex(&[[0.5, 0.18], [0.82, 0.47], [0.18, 0.47]], rgb(0xb2_4c_3d));
    c.rectangle([0.44, 0.6, 0.56, 0.84], 0.02, rgb(0x5b_3d_2b));
    for window in [0.31, 0.6] {
        c.rectangle([window, 0.52, window + 0.09, 0.62], 0.01, rgb(0xff_d8_82));
    }
}

fn jar(c: &mut Canvas, _: &mut Random) {
    c.gradient(0. ..1., rgb(0x2f_7d_6b), rgb(0x1f_5a_4e));
    c.rectangle([0.28, 0.3, 0.72, 0.84], 0.1, rgb(0xe9_f2_ee));
    c.rectangle([0.32, 0.44, 0.68, 0.8], 0.07, rgb(0xe8_8b_2e));
    c.rectangle([0.3, 0.18, 0.7, 0.3], 0.03, rgb(0xf4_c9_58));
    c.rectangle([0.36, 0.52, 0.64, 0.68], 0.02, rgb(0xfb_f6_ea));
}

fn ball(c: &mut Canvas, _: &mut Random) {
    c.gradient(0. ..1., rgb(0x46_9a_5a), rgb(0x2f_70_41));
    c.disc([0.5, 0.5], 0.33, rgb(0xf7_f7_f4));
    c.disc([0.5, 0.5], 0.11, rgb(0x26_2a_2e));
    for turn in 0..5 {
        let (y, x) = (turn as f32 * TAU / 5. - FRAC_PI_2).sin_cos();
        c.line(
            &[
                [0.5 + 0.1 * x, 0.5 + 0.1 * y],
                [0.5 + 0.25 * x, 0.5 + 0.25 * y],
            ],
            0.016,
            rgb(0x26_2a_2e),
        );
        c.disc([0.5 + 0.28 * x, 0.5 + 0.28 * y], 0.055, rgb(0x26_2a_2e));
    }
}

fn bowl(c: &mut Canvas, random: &mut Random) {
    let edge = table(c, 0xef_e6_da, 0x87_5f_42);
    let x = c.right() / 2.;
    c.ellipse([x, edge + 0.1], [0.38, 0.17], rgb(0xf5_f2_ee));
    c.ellipse([x, edge + 0.01], [0.4, 0.12], rgb(0xff_fd_f9));
    c.ellipse(
        [x, edge + 0.015],
        [0.35, 0.095],
        one_of(random, &[0xd8_7f_33, 0x8c_a3_45, 0xc2_48_36]),
    );
    for _ in 0..9 {
        let place = [
            x + between(random, -0.24, 0.24),
            edge + between(random, -0.04, 0.06),
        ];
        c.ellipse(
            place,
            [0.022, 0.012],
            one_of(random, &[0x3f_7a_3a, 0xf7_ee_d8]),
        );
    }
    for steam in [-0.14, 0., 0.14] {
        let points: Vec<_> = (0..12)
            .map(|step| {
                let up = step as f32 * 0.022;
                [x + steam + 0.02 * (up * 28.).sin(), edge - 0.14 - up]
            })
            .collect();
        c.line(&points, 0.012, rgb(0xfa_f6_f0));
    }
}
