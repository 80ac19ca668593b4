//! The listener: it is told of every step, as long as somebody here waits.

use std::{sync::Arc, time::Duration};

use futures_util::{FutureExt as _, StreamExt as _};
use lock_core::BackendError;
use redis::aio::PubSubStream;
use tokio::{
    sync::{Notify, watch},
    time::{Instant, sleep, timeout, timeout_at},
};

use crate::{
    error::code,
    heard::{Heard, tell},
    store::Store,
};

/// How often it looks although the server would tell.
const POLL: Duration = Duration::from_secs(1);

/// If for so long nobody waits while messages come, the server is told to send no more.
///
/// Whoever stands far behind in a line looks now and then, and sleeps meanwhile. A hundred of them, each a
/// process, were all woken by each message, and left not much time for the work itself.
const UNHEARD: Duration = Duration::from_millis(10);

/// Listens until it is aborted; a connection that breaks is made anew.
pub(crate) async fn listen(store: Arc<Store>, heard: watch::Sender<Heard>, wake: Arc<Notify>) {
    let mut pause = Duration::from_millis(50);
    loop {
        match listen_once(&store, &heard, &wake).await {
            Ok(()) => pause = Duration::from_millis(50),
            Err(error) => tracing::debug!(%error, "no notifications; looking instead"),
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(2));
    }
}

/// Returns when the connection is lost.
async fn listen_once(
    store: &Store,
    heard: &watch::Sender<Heard>,
    wake: &Notify,
) -> Result<(), BackendError> {
    let channel = store.keys.channel();
    let (mut orders, mut messages) = store.connection.subscribe(channel).await?.split();
    let (limit, mut may_rest) = (store.connection.timeout(), true);
    while hear(store, heard, &mut messages, may_rest).await? {
        match timeout(limit, orders.unsubscribe(channel)).await {
            Ok(Ok(())) => {
                // What came before that is old news, and must not be taken for new when it listens again.
                while let Some(Some(_)) = messages.next().now_or_never() {}
                wake.notified().await;
                if !matches!(timeout(limit, orders.subscribe(channel)).await, Ok(Ok(()))) {
                    break;
                }
            }
            // Not every user may unsubscribe; then all is heard.
            Ok(Err(error)) if code(&error).is_some() => may_rest = false,
            // It may be carried out yet.
            _ => break,
        }
    }
    Ok(())
}

/// Tells those who wait of each message. Returns whether the listener may rest because nobody waits; if
/// not, the connection is lost.
async fn hear(
    store: &Store,
    heard: &watch::Sender<Heard>,
    messages: &mut PubSubStream,
    may_rest: bool,
) -> Result<bool, BackendError> {
    // Read after subscribing: what comes later than this will be heard.
    let version = store.version().await?.get();
    let _listening = Listening(heard);
    heard.send_modify(|heard| (heard.since, heard.latest) = (Some(version), version));
    let (mut unheard, mut look) = (None, Instant::now() + POLL);
    loop {
        let message = timeout_at(look, messages.next()).await;
        let waited_for = heard.receiver_count() > 0;
        match message {
            Ok(Some(message)) => {
                let number = std::str::from_utf8(message.get_payload_bytes()).ok();
                if let Some(latest) = number.and_then(|text| text.parse().ok()) {
                    heard.send_modify(|heard| heard.latest = latest);
                }
                let now = Instant::now();
                unheard = if waited_for { None } else { unheard.or(Some(now)) };
                if may_rest && unheard.is_some_and(|since| now - since >= UNHEARD) {
                    return Ok(true);
                }
            }
            Ok(None) => return Ok(false),
            Err(_) => {
                if waited_for {
                    unheard = None;
                    let told = *heard.borrow();
                    tell(heard, store.version().await?, told);
                }
                look = Instant::now() + POLL;
            }
        }
    }
}

/// Somebody listens; whatever ends that, those who wait are told, and look for themselves.
struct Listening<'a>(&'a watch::Sender<Heard>);

impl Drop for Listening<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|heard| (heard.since, heard.latest) = (None, 0));
    }
}
