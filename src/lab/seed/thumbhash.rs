//! A picture in some 25 bytes, to show while it loads: ThumbHash (<https://evanw.github.io/thumbhash/>), for pictures that
//! can’t be seen through. It is a cosine transform of brightness and two differences of colour, of which the lowest
//! frequencies are kept in four bits each.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "what is rounded is within a few bits"
)]

use std::f32::consts::PI;

use super::draw::Canvas;

/// The longer side of what is looked at, in pixels. More would hardly change the lowest frequencies.
const LOOKED_AT: usize = 32;
/// How many frequencies of brightness there are at most.
const MOST: f32 = 7.;

struct Waves {
    mean: f32,
    scale: f32,
    /// From 0 to 1.
    strengths: Vec<f32>,
}

pub(super) fn thumbhash(picture: &Canvas) -> Vec<u8> {
    let longer = picture.width.max(picture.height);
    let small = picture.smaller(longer.div_ceil(LOOKED_AT));
    let longer = small.width.max(small.height) as f32;
    let across = (MOST * small.width as f32 / longer).round().max(1.) as usize;
    let down = (MOST * small.height as f32 / longer).round().max(1.) as usize;
    let [light, yellow, red] = [
        |[r, g, b]: [f32; 3]| (r + g + b) / 3.,
        |[r, g, b]: [f32; 3]| f32::midpoint(r, g) - b,
        |[r, g, _]: [f32; 3]| r - g,
    ]
    .map(|part| {
        let pixels = small.pixels().iter();
        let pixels = pixels.map(|pixel| part(pixel.map(|value| f32::from(value) / 255.)));
        pixels.collect::<Vec<_>>()
    });
    let light = transform(&light, &small, [across.max(3), down.max(3)]);
    let [yellow, red] = [yellow, red].map(|channel| transform(&channel, &small, [3, 3]));
    let is_wide = small.width > small.height;
    let colours = (63. * light.mean).round() as u32
        | ((31.5 + 31.5 * yellow.mean).round() as u32) << 6
        | ((31.5 + 31.5 * red.mean).round() as u32) << 12
        | ((31. * light.scale).round() as u32) << 18;
    let shape = (if is_wide { down } else { across }) as u32
        | ((63. * yellow.scale).round() as u32) << 3
        | ((63. * red.scale).round() as u32) << 9
        | u32::from(is_wide) << 15;
    let mut hash = colours.to_le_bytes()[..3].to_vec();
    hash.extend_from_slice(&shape.to_le_bytes()[..2]);
    let strengths = [light, yellow, red].map(|waves| waves.strengths).concat();
    hash.extend(strengths.chunks(2).map(|pair| {
        let nibbles = pair.iter().map(|strength| (15. * strength).round() as u8);
        nibbles.rev().fold(0, |byte, nibble| byte << 4 | nibble)
    }));
    hash
}

fn transform(channel: &[f32], size: &Canvas, [across, down]: [usize; 2]) -> Waves {
    let wave = |size: usize, frequency: usize, place: usize| {
        (PI / size as f32 * frequency as f32 * (place as f32 + 0.5)).cos()
    };
    let strength = |x: usize, y: usize| {
        let row: Vec<_> = (0..size.width).map(|u| wave(size.width, x, u)).collect();
        let mut sum = 0.;
        for (v, pixels) in channel.chunks_exact(size.width).enumerate() {
            let along: f32 = pixels
                .iter()
                .zip(&row)
                .map(|(pixel, wave)| pixel * wave)
                .sum();
            sum += along * wave(size.height, y, v);
        }
        sum / (size.width * size.height) as f32
    };
    let mut strengths = Vec::new();
    for y in 0..down {
        // A triangle of frequencies, without the mean.
        for x in usize::from(y == 0).. {
            if x * down >= across * (down - y) {
                break;
            }
            strengths.push(strength(x, y));
        }
    }
    let scale = strengths
        .iter()
        .fold(0_f32, |scale, one| scale.max(one.abs()));
    for one in &mut strengths {
        *one = if scale > 0. {
            0.5 + 0.5 / scale * *one
        } else {
            0.
        };
    }
    Waves {
        mean: strength(0, 0),
        scale,
        strengths,
    }
}
