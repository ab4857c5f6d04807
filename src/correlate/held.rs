//! An event in a window, and the bytes it waits as.

use super::row;

/// An event in a window.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Held {
    pub(super) time: i128,
    /// Which of the correlation's rules it is a match of; empty where that does not count.
    pub(super) places: Vec<u16>,
    pub(super) value: Box<[u8]>,
    /// The aggregate knows its value.
    pub(super) is_counted: bool,
    pub(super) events: Box<[u8]>,
    /// Events behind it that are not in `events`.
    pub(super) unlisted: u64,
}

impl Held {
    /// Bytes that it takes in memory.
    pub(super) fn bytes(&self) -> usize {
        size_of::<Self>() + self.places.len() * 2 + self.value.len() + self.events.len() + 48
    }

    /// Appends it as [`read`](Self::read) takes it.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.time.to_le_bytes());
        out.extend_from_slice(&self.unlisted.to_le_bytes());
        out.push(self.is_counted.into());
        for length in [self.places.len(), self.value.len()] {
            out.extend_from_slice(&(length as u64).to_le_bytes());
        }
        self.places.iter().for_each(|place| out.extend_from_slice(&place.to_le_bytes()));
        out.extend_from_slice(&self.value);
        out.extend_from_slice(&self.events);
    }

    /// Reads what [`write`](Self::write) wrote; `None` if it is garbled.
    pub(super) fn read(mut bytes: &[u8]) -> Option<Self> {
        let time = i128::from_le_bytes(row::take(&mut bytes)?);
        let unlisted = u64::from_le_bytes(row::take(&mut bytes)?);
        let is_counted = row::take(&mut bytes)? == [1];
        let mut length = || usize::try_from(u64::from_le_bytes(row::take(&mut bytes)?)).ok();
        let (places, value) = (length()?, length()?);
        let (places, rest) = bytes.split_at_checked(places.checked_mul(2)?)?;
        let (value, events) = rest.split_at_checked(value)?;
        let places = places.as_chunks::<2>().0.iter().map(|place| u16::from_le_bytes(*place));
        Some(Self {
            time,
            places: places.collect(),
            value: value.into(),
            is_counted,
            events: events.into(),
            unlisted,
        })
    }

    #[cfg(test)]
    pub(super) fn for_test(number: u16) -> Self {
        Self {
            time: number.into(),
            places: (0..number % 4).collect(),
            value: vec![7; usize::from(number % 50)].into(),
            is_counted: number.is_multiple_of(2),
            events: vec![9; usize::from(number % 90)].into(),
            unlisted: number.into(),
        }
    }
}
