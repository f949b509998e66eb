//! Drawing: a canvas of shapes with smooth edges, and PNG (<https://www.w3.org/TR/png-3/>).

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "pixels are few, and colours are clamped"
)]

use std::{io::Write, ops::Range};

use crc32fast::Hasher;
use flate2::{Compression, write::ZlibEncoder};

/// Red, green and blue.
pub(super) type Colour = [u8; 3];

/// A colour, as in CSS.
pub(super) const fn rgb(hex: u32) -> Colour {
    let [_, red, green, blue] = hex.to_be_bytes();
    [red, green, blue]
}

/// A picture that is being drawn. Places and lengths are parts of its shorter side, so a drawing fits any size; see
/// [`Canvas::right`] and [`Canvas::bottom`].
#[derive(Clone, Debug)]
pub(super) struct Canvas {
    pub(super) width: usize,
    pub(super) height: usize,
    pixels: Vec<Colour>,
    unit: f32,
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize, colour: Colour) -> Self {
        Self {
            width,
            height,
            pixels: vec![colour; width * height],
            unit: width.min(height) as f32,
        }
    }

    /// Where its right edge is.
    pub(super) fn right(&self) -> f32 {
        self.width as f32 / self.unit
    }

    /// Where its lower edge is.
    pub(super) fn bottom(&self) -> f32 {
        self.height as f32 / self.unit
    }

    /// Fills a band across the picture with a gradient.
    pub(super) fn gradient(&mut self, rows: Range<f32>, from: Colour, to: Colour) {
        let [begin, end] = [rows.start, rows.end].map(|row| self.row(row));
        let count = end.saturating_sub(begin).max(1) as f32;
        for (index, row) in (begin..end).enumerate() {
            let colour = mix(from, to, index as f32 / count);
            self.pixels[row * self.width..(row + 1) * self.width].fill(colour);
        }
    }

    pub(super) fn disc(&mut self, [x, y]: [f32; 2], radius: f32, colour: Colour) {
        self.ellipse([x, y], [radius, radius], colour);
    }

    pub(super) fn ellipse(&mut self, [x, y]: [f32; 2], [across, down]: [f32; 2], colour: Colour) {
        let smaller = across.min(down);
        self.shape(
            [x - across, y - down, x + across, y + down],
            colour,
            |u, v| (length((u - x) / across, (v - y) / down) - 1.) * smaller,
        );
    }

    /// Fills a rectangle, from its upper left to its lower right corner, with corners of a radius.
    pub(super) fn rectangle(&mut self, [x, y, to_x, to_y]: [f32; 4], radius: f32, colour: Colour) {
        let (middle_x, middle_y) = (x.midpoint(to_x), y.midpoint(to_y));
        let (half_x, half_y) = ((to_x - x) / 2. - radius, (to_y - y) / 2. - radius);
        self.shape([x, y, to_x, to_y], colour, |u, v| {
            let (out_x, out_y) = ((u - middle_x).abs() - half_x, (v - middle_y).abs() - half_y);
            length(out_x.max(0.), out_y.max(0.)) + out_x.max(out_y).min(0.) - radius
        });
    }

    /// Draws lines from each point to the next.
    pub(super) fn line(&mut self, points: &[[f32; 2]], thickness: f32, colour: Colour) {
        for pair in points.windows(2) {
            let [from, to] = [pair[0], pair[1]];
            let along = [to[0] - from[0], to[1] - from[1]];
            let square = (along[0] * along[0] + along[1] * along[1]).max(f32::EPSILON);
            let half = thickness / 2.;
            let box_of = [
                from[0].min(to[0]) - half,
                from[1].min(to[1]) - half,
                from[0].max(to[0]) + half,
                from[1].max(to[1]) + half,
            ];
            self.shape(box_of, colour, |u, v| {
                let (u, v) = (u - from[0], v - from[1]);
                let place = ((u * along[0] + v * along[1]) / square).clamp(0., 1.);
                length(u - place * along[0], v - place * along[1]) - half
            });
        }
    }

    /// Fills what is below a line from the left to the right.
    pub(super) fn ground(&mut self, height_at: impl Fn(f32) -> f32, colour: Colour) {
        for column in 0..self.width {
            let top = height_at((column as f32 + 0.5) / self.unit) * self.unit;
            let first = top.max(0.) as usize;
            for row in first..self.height {
                let cover = (row as f32 + 1. - top).clamp(0., 1.);
                let pixel = &mut self.pixels[row * self.width + column];
                *pixel = mix(*pixel, colour, cover);
            }
        }
    }

    /// Fills a triangle or another convex shape with these corners, clockwise.
    pub(super) fn convex(&mut self, corners: &[[f32; 2]], colour: Colour) {
        let edge = |place: fn(f32, f32) -> f32, axis: usize, start: f32| {
            let along = corners.iter().map(|corner| corner[axis]);
            along.fold(start, place)
        };
        let box_of = [
            edge(f32::min, 0, f32::MAX),
            edge(f32::min, 1, f32::MAX),
            edge(f32::max, 0, f32::MIN),
            edge(f32::max, 1, f32::MIN),
        ];
        self.shape(box_of, colour, |u, v| {
            let mut outside = f32::MIN;
            for (index, from) in corners.iter().enumerate() {
                let to = corners[(index + 1) % corners.len()];
                let (x, y) = (to[0] - from[0], to[1] - from[1]);
                let side = length(x, y).max(f32::EPSILON);
                outside = outside.max(((u - from[0]) * y - (v - from[1]) * x) / side);
            }
            outside
        });
    }

    /// Fills where the distance to a shape is negative. Nothing of it is outside of the box.
    fn shape(
        &mut self,
        [x, y, to_x, to_y]: [f32; 4],
        colour: Colour,
        distance: impl Fn(f32, f32) -> f32,
    ) {
        let column = |place: f32| ((place * self.unit).max(0.) as usize).min(self.width);
        let columns = column(x)..column(to_x + 1.5 / self.unit);
        for row in self.row(y)..self.row(to_y + 1.5 / self.unit) {
            for column in columns.clone() {
                let u = (column as f32 + 0.5) / self.unit;
                let v = (row as f32 + 0.5) / self.unit;
                let cover = (0.5 - distance(u, v) * self.unit).clamp(0., 1.);
                if cover > 0. {
                    let pixel = &mut self.pixels[row * self.width + column];
                    *pixel = mix(*pixel, colour, cover);
                }
            }
        }
    }

    fn row(&self, place: f32) -> usize {
        ((place * self.unit).max(0.) as usize).min(self.height)
    }

    /// The same with fewer pixels: each is the mean of `by` times `by`.
    pub(super) fn smaller(&self, by: usize) -> Self {
        let (width, height) = ((self.width / by).max(1), (self.height / by).max(1));
        let mut small = Self::new(width, height, [0; 3]);
        let rows = self.pixels.chunks(self.width * by);
        for (means, rows) in small.pixels.chunks_exact_mut(width).zip(rows) {
            // Of red, green, blue, and how many.
            let mut sums = vec![[0_u32; 4]; width];
            for row in rows.chunks_exact(self.width) {
                for (sum, cell) in sums.iter_mut().zip(row.chunks(by)) {
                    for [red, green, blue] in cell {
                        let parts = [*red, *green, *blue, 1];
                        for (sum, part) in sum.iter_mut().zip(parts) {
                            *sum += u32::from(part);
                        }
                    }
                }
            }
            for (mean, [red, green, blue, count]) in means.iter_mut().zip(sums) {
                *mean = [red, green, blue].map(|sum| (sum / count.max(1)) as u8);
            }
        }
        small
    }

    pub(super) fn pixels(&self) -> &[Colour] {
        &self.pixels
    }

    /// The picture as a PNG. Each row says how it differs from the one above, which for flat colours is mostly zeros.
    pub(super) fn png(&self) -> Vec<u8> {
        let mut rows = Vec::with_capacity(self.height * (3 * self.width + 1));
        let mut above: &[Colour] = &vec![[0; 3]; self.width];
        for row in self.pixels.chunks_exact(self.width) {
            rows.push(2);
            let parts = row.as_flattened().iter().zip(above.as_flattened());
            rows.extend(parts.map(|(part, above)| part.wrapping_sub(*above)));
            above = row;
        }
        let mut head = Vec::new();
        for side in [self.width, self.height] {
            head.extend_from_slice(&(side as u32).to_be_bytes());
        }
        // Eight bits of red, green and blue, in the only ways there are of compressing, filtering and ordering them.
        head.extend_from_slice(&[8, 2, 0, 0, 0]);
        let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
        chunk(&mut file, *b"IHDR", &head);
        chunk(&mut file, *b"IDAT", &deflated(&rows));
        chunk(&mut file, *b"IEND", &[]);
        file
    }
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    file.extend_from_slice(&(data.len() as u32).to_be_bytes());
    file.extend_from_slice(&kind);
    file.extend_from_slice(data);
    let mut crc = Hasher::new();
    crc.update(&kind);
    crc.update(data);
    file.extend_from_slice(&crc.finalize().to_be_bytes());
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    // Writing into memory doesn’t fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// Faster than `hypot`, which minds numbers that are far larger.
fn length(x: f32, y: f32) -> f32 {
    (x * x + y * y).sqrt()
}

fn mix(from: Colour, to: Colour, part: f32) -> Colour {
    if part >= 1. {
        return to;
    }
    let mut mixed = from;
    for (one, other) in mixed.iter_mut().zip(to) {
        *one = (f32::from(*one) + (f32::from(other) - f32::from(*one)) * part + 0.5) as u8;
    }
    mixed
}
