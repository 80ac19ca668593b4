//! A way to a server on which something can happen between two replies.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

/// What happens before a reply is passed on; whether it is.
type Hook = Box<dyn FnOnce() -> bool + Send>;

/// What has gone through a proxy, and what is to happen to the next reply.
#[derive(Default)]
struct Seen {
    /// Reads from the server: with one request at a time, its replies.
    replies: AtomicU64,
    bytes: AtomicU64,
    hook: Mutex<Option<Hook>>,
}

/// A proxy in front of a server.
pub struct Proxy {
    pub port: u16,
    seen: Arc<Seen>,
}

impl Proxy {
    /// One in front of the server on `port`.
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = listener.local_addr().unwrap().port();
        let seen = Arc::new(Seen::default());
        let shared = Arc::clone(&seen);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                let _ = (client.set_nodelay(true), server.set_nodelay(true));
                let (from, into) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let (there, back) = (Arc::clone(&shared), Arc::clone(&shared));
                std::thread::spawn(move || pump(from, into, &there, false));
                std::thread::spawn(move || pump(server, client, &back, true));
            }
        });
        Self { port: own, seen }
    }

    pub fn url(&self, namespace: &str) -> String {
        format!("redis://127.0.0.1:{}?namespace={namespace}&notifications=false", self.port)
    }

    /// The next reply is lost, and its connection with it.
    pub fn lose_next_reply(&self) {
        self.before_next_reply(|| false);
    }

    /// The next reply is held up until this has been done.
    pub fn hold_up_next_reply(&self, done: impl FnOnce() + Send + 'static) {
        self.before_next_reply(|| {
            done();
            true
        });
    }

    fn before_next_reply(&self, hook: impl FnOnce() -> bool + Send + 'static) {
        *self.seen.hook.lock().unwrap() = Some(Box::new(hook));
    }

    /// Whether what was to happen has happened.
    pub fn has_happened(&self) -> bool {
        self.seen.hook.lock().unwrap().is_none()
    }

    /// How many replies have come, and how many bytes have gone, both ways.
    pub fn traffic(&self) -> (u64, u64) {
        (self.seen.replies.load(SeqCst), self.seen.bytes.load(SeqCst))
    }
}

fn pump(mut from: TcpStream, mut into: TcpStream, seen: &Seen, replies: bool) {
    let mut buffer = [0; 65_536];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        seen.bytes.fetch_add(read as u64, SeqCst);
        if replies {
            seen.replies.fetch_add(1, SeqCst);
            let hook = seen.hook.lock().unwrap().take();
            if hook.is_some_and(|hook| !hook()) {
                break;
            }
        }
        if into.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = (from.shutdown(Shutdown::Both), into.shutdown(Shutdown::Both));
}
