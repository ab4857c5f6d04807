//! What a run costs, by the clock on the wall and by the processor.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// What was spent between two moments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Time that passed.
    pub wall: Duration,
    /// Processor time of the whole process, all threads together, user and system.
    pub cpu: Duration,
    /// The part of it that listing took: that is the same however few of the files are read.
    pub listing: Duration,
}

/// Measures from when it is started.
#[derive(Debug, Clone, Copy)]
pub(super) struct Meter {
    started: Instant,
    cpu: Duration,
}

impl Meter {
    #[expect(clippy::disallowed_methods, reason = "a profile measures time")]
    pub(super) fn start() -> Self {
        Self { started: Instant::now(), cpu: cpu(ClockId::ProcessCPUTime) }
    }

    /// What was spent since the start.
    pub(super) fn spent(self) -> Spent {
        let spent = cpu(ClockId::ProcessCPUTime).saturating_sub(self.cpu);
        Spent { wall: self.started.elapsed(), cpu: spent, listing: Duration::ZERO }
    }
}

/// Processor time of this thread since it began.
pub(super) fn of_this_thread() -> Duration {
    cpu(ClockId::ThreadCPUTime)
}

fn cpu(clock: ClockId) -> Duration {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_takes_processor_time() {
        let meter = Meter::start();
        let mut sum = 0_u64;
        while meter.spent().cpu < Duration::from_millis(2) {
            sum = std::hint::black_box(sum + 1);
        }
        let spent = meter.spent();
        assert!(sum > 0 && spent.cpu >= Duration::from_millis(2), "{spent:?}");
        assert!(!spent.wall.is_zero());
        assert!(of_this_thread() > Duration::ZERO);
    }
}
