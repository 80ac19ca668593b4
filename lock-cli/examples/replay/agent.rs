//! One of the agents that work at once.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use lock_core::{Grant, LockBackend, LockManager, Refusal};

use super::{Shared, Trouble, draw::Draw};

/// Nobody holds anything for so long; a wait that takes longer is a finding.
const PATIENCE: Duration = Duration::from_secs(60);

/// Takes one commit after the other, until there are none.
pub(super) async fn work(
    index: usize,
    store: Arc<dyn LockBackend>,
    shared: Arc<Shared>,
    seed: u64,
) -> Result<(), Trouble> {
    let mut draw = Draw::new(seed.wrapping_mul(1_000_003).wrapping_add(index as u64));
    while let Some(commit) = shared.next() {
        // Several agents of one author are several agents.
        let name = format!("{}/{index}", commit.author);
        let locks = LockManager::new(Arc::clone(&store), name.as_str())?;
        let met: Arc<Mutex<Option<Refusal>>> = Arc::default();
        let told = Arc::clone(&met);
        let request = locks
            .acquire(commit.patterns.as_slice())
            .reason(commit.subject.as_str())
            .wait(PATIENCE)
            .on_wait(move |line| {
                let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
                told.get_or_insert_with(|| line.refusal.clone());
            });
        let (floor, asked) = (shared.ledger.highest(), Instant::now());
        let grant = request.await?;
        let waited = asked.elapsed();
        let met = met.lock().unwrap_or_else(PoisonError::into_inner).take();
        let held = matches!(grant, Grant::Held(_));
        {
            let mut report = shared.report.lock().unwrap_or_else(PoisonError::into_inner);
            report.commit(held, met.map(|met| (met, waited)));
        }
        let Grant::Held(leases) = grant else { continue };
        shared.ledger.granted(&name, &leases, floor);
        tokio::time::sleep(draw.around(shared.hold)).await;
        shared.ledger.letting_go(&name);
        let released = locks.release(&leases).await?.released;
        if released.len() != leases.patterns().count() {
            return Err(format!("{name} lost what it held, and kept only {released:?}").into());
        }
    }
    Ok(())
}
