//! A hash that is the same on every platform, in every build, for ever.

use siphasher::sip::SipHasher13;
use siphasher::sip128::{self, Hasher128};
use std::hash::{Hash, Hasher};

/// SipHash-1-3 with integers taken as little-endian and `usize` as 64 bits wide, so that a derived `Hash` gives one
/// value on every platform. Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012).
#[derive(Clone, Copy, Debug)]
pub struct StableHasher<H = SipHasher13>(H);

impl StableHasher {
    /// A hasher under a 128-bit key.
    pub fn new(key: [u64; 2]) -> Self {
        StableHasher(SipHasher13::new_with_keys(key[0], key[1]))
    }
}

impl<H: Hasher> Hasher for StableHasher<H> {
    #[inline]
    fn finish(&self) -> u64 {
        self.0.finish()
    }
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }
    #[inline]
    fn write_u8(&mut self, n: u8) {
        self.0.write_u8(n);
    }
    // siphasher writes a number as its bytes in memory: `to_le` makes those the little-endian ones.
    #[inline]
    fn write_u16(&mut self, n: u16) {
        self.0.write_u16(n.to_le());
    }
    #[inline]
    fn write_u32(&mut self, n: u32) {
        self.0.write_u32(n.to_le());
    }
    #[inline]
    fn write_u64(&mut self, n: u64) {
        self.0.write_u64(n.to_le());
    }
    #[inline]
    fn write_u128(&mut self, n: u128) {
        self.write_u64(n as u64);
        self.write_u64((n >> 64) as u64);
    }
    #[inline]
    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }
    #[inline]
    fn write_i16(&mut self, n: i16) {
        self.write_u16(n as u16);
    }
    #[inline]
    fn write_i32(&mut self, n: i32) {
        self.write_u32(n as u32);
    }
    #[inline]
    fn write_i64(&mut self, n: i64) {
        self.write_u64(n as u64);
    }
    #[inline]
    fn write_i128(&mut self, n: i128) {
        self.write_u128(n as u128);
    }
    #[inline]
    fn write_isize(&mut self, n: isize) {
        self.write_u64(n as i64 as u64);
    }
}

/// The digest of a value's content: equal values have equal digests, everywhere.
pub fn digest<T: Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = StableHasher::new([0, 0]);
    value.hash(&mut hasher);
    hasher.finish()
}

/// What hashes to 128 bits.
pub type WideHasher = sip128::SipHasher13;

impl StableHasher<WideHasher> {
    /// A hasher for 128 bits.
    pub fn wide() -> Self {
        StableHasher(WideHasher::new_with_keys(0, 0))
    }

    /// The hash of all that was written.
    pub fn finish_wide(&self) -> u128 {
        self.0.finish128().as_u128()
    }
}

/// The 128-bit digest of a value's content, for those who take equal digests for equal values: among a thousand million
/// values two are the same by chance with a probability of 10^-21.
pub fn fingerprint<T: Hash + ?Sized>(value: &T) -> u128 {
    let mut hasher = StableHasher::wide();
    value.hash(&mut hasher);
    hasher.finish_wide()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Known answers, computed by an independent implementation: were one to change, every golden trace would.
    #[test]
    fn digests_never_change() {
        assert_eq!(digest(&1u64), 0x1e9f_7341_61d6_2dd9);
        assert_eq!(digest("n1"), 0x3d74_f557_4b97_7184);
        assert_eq!(digest(&1usize), digest(&1u64));
        assert_eq!(digest(&(-1isize)), digest(&u64::MAX));
        assert_eq!(fingerprint(&1usize), fingerprint(&1u64));
        assert_ne!(fingerprint(&1u64), fingerprint(&2u64));
    }
}
