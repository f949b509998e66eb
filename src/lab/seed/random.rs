//! Chance that can be repeated: the same seed gives the same numbers on every machine.

use std::ops::RangeInclusive;

/// SplitMix64 (Steele, Lea and Flood: Fast Splittable Pseudorandom Number Generators, 2014, figure 16).
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from this range, which isn’t empty and has far fewer numbers than there are.
    pub(super) const fn within(&mut self, range: RangeInclusive<i64>) -> i64 {
        let (least, most) = (*range.start(), *range.end());
        let count = (most - least + 1).cast_unsigned();
        least + (self.next() % count).cast_signed()
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    /// The first numbers for the seed 1234567, from Rosetta Code’s “Pseudo-random numbers/Splitmix64”.
    #[test]
    fn it_is_splitmix64() {
        let mut random = Random::new(1_234_567);
        let numbers = [(); 3].map(|()| random.next());
        let expected = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
        ];
        assert_eq!(numbers, expected);
    }
}
