//! Sentinels: real ones, and one that says what it is told to.

use std::{
    io::{BufReader, Write as _},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering::SeqCst},
    },
};

use super::Server;

impl Server {
    /// A sentinel that watches the primary on `port` under the name `main`.
    pub fn sentinel_of(port: &str) -> Self {
        let settings = format!(
            "sentinel monitor main 127.0.0.1 {port} 2\n\
             sentinel down-after-milliseconds main 1000\n\
             sentinel failover-timeout main 3000\n"
        );
        Self::with_file(&settings, &["--sentinel"])
    }
}

/// A sentinel that says of the service `main` what the test wants.
pub struct FakeSentinel {
    pub port: u16,
    primary: Arc<AtomicU16>,
}

impl FakeSentinel {
    pub fn start(primary: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let primary = Arc::new(AtomicU16::new(primary));
        let named = Arc::clone(&primary);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let named = Arc::clone(&named);
                std::thread::spawn(move || {
                    let mut into = client.try_clone().unwrap();
                    let mut from = BufReader::new(client);
                    while let Some(words) = read_command(&mut from) {
                        let port = named.load(SeqCst).to_string();
                        let answer = match words.last().map(String::as_str) {
                            Some("main") => {
                                format!("*2\r\n$9\r\n127.0.0.1\r\n${}\r\n{port}\r\n", port.len())
                            }
                            _ => "*-1\r\n".to_owned(),
                        };
                        if into.write_all(answer.as_bytes()).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { port, primary }
    }

    /// From now on, the primary is on this port.
    pub fn name(&self, port: u16) {
        self.primary.store(port, SeqCst);
    }

    pub fn url(&self) -> String {
        format!("redis+sentinel://127.0.0.1:{}/main?namespace=n", self.port)
    }
}

fn read_command(from: &mut impl std::io::BufRead) -> Option<Vec<String>> {
    let mut number = |mark: &str| -> Option<usize> {
        let mut line = String::new();
        from.read_line(&mut line).ok()?;
        line.trim_end().strip_prefix(mark)?.parse().ok()
    };
    let count = number("*")?;
    let mut words = Vec::new();
    for _ in 0..count {
        let mut line = String::new();
        from.read_line(&mut line).ok()?;
        let length: usize = line.trim_end().strip_prefix('$')?.parse().ok()?;
        let mut word = vec![0; length + 2];
        from.read_exact(&mut word).ok()?;
        words.push(String::from_utf8_lossy(&word[..length]).into_owned());
    }
    Some(words)
}
