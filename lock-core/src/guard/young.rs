//! Guards that have just begun: most are let go before there is anything to do for them.

use std::{
    sync::{Arc, Mutex, PoisonError, Weak},
    time::{Duration, Instant},
};

use super::{Shared, watch};
use crate::keeper;

/// How long a guard is young. A break is learnt no sooner; a guard would not look more often anyway.
const YOUTH: Duration = watch::BREATH;

/// Those who are young, with when they began.
static YOUNG: Mutex<Vec<(Instant, Weak<Shared>)>> = Mutex::new(Vec::new());

/// Lets the guard be kept: at once if it must soon be refreshed, and otherwise when it is no longer
/// young. So a lock that is held for a moment costs no task, no timer and no notification.
pub(super) fn begin(shared: &Arc<Shared>) {
    if shared.next_refresh() < 3 * YOUTH {
        keeper::spawn(watch::keep(Arc::clone(shared)));
        return;
    }
    // A panic elsewhere leaves at worst one that is over.
    let mut young = YOUNG.lock().unwrap_or_else(PoisonError::into_inner);
    let nobody_grows = young.is_empty();
    young.push((Instant::now(), Arc::downgrade(shared)));
    if nobody_grows {
        keeper::spawn(grow());
    }
}

/// Has those kept who have grown, until there are none.
async fn grow() {
    loop {
        async_io::Timer::after(YOUTH).await;
        let mut young = YOUNG.lock().unwrap_or_else(PoisonError::into_inner);
        young.retain(|(since, shared)| {
            let Some(shared) = shared.upgrade().filter(|shared| !shared.is_over()) else {
                return false;
            };
            let grown = since.elapsed() >= YOUTH;
            if grown {
                keeper::spawn(watch::keep(shared));
            }
            !grown
        });
        // Decided while nobody can come: whoever finds the list empty begins anew.
        if young.is_empty() {
            return;
        }
    }
}
