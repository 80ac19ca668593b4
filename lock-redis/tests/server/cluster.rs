//! Three nodes that are a cluster.

use std::time::{Duration, Instant};

use super::Server;

/// How many slots a cluster has.
pub const SLOTS: usize = 16_384;

/// Three primaries, with a third of the slots each.
pub struct Cluster {
    pub nodes: Vec<Server>,
}

impl Cluster {
    pub fn start() -> Self {
        let settings = ["--save", "", "--cluster-enabled", "yes", "--cluster-node-timeout", "5000"];
        let nodes: Vec<_> = (0..3).map(|_| Server::with(&settings)).collect();
        for (index, node) in nodes.iter().enumerate() {
            let slots = (index * SLOTS / 3)..((index + 1) * SLOTS / 3);
            let slots: Vec<_> = slots.map(|slot| slot.to_string()).collect();
            let words = ["CLUSTER", "ADDSLOTS"].into_iter().chain(slots.iter().map(String::as_str));
            ok(node, &words.collect::<Vec<_>>());
            ok(node, &["CLUSTER", "SET-CONFIG-EPOCH", &(index + 1).to_string()]);
        }
        for node in &nodes[1..] {
            ok(node, &["CLUSTER", "MEET", "127.0.0.1", &nodes[0].port.to_string()]);
        }
        let end = Instant::now() + Duration::from_secs(60);
        let settled = |node: &Server| {
            let info = node.say(&["CLUSTER", "INFO"]);
            info.contains("cluster_state:ok") && info.contains("cluster_known_nodes:3")
        };
        while !nodes.iter().all(settled) {
            assert!(Instant::now() < end, "the cluster does not come together");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self { nodes }
    }

    pub fn url(&self, namespace: &str) -> String {
        let hosts: Vec<_> =
            self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port)).collect();
        format!("redis+cluster://{}?namespace={namespace}", hosts.join(","))
    }

    /// The slot of a namespace.
    pub fn slot(&self, namespace: &str) -> usize {
        let key = format!("{{lockctl:{namespace}}}:data");
        let answer = self.nodes[0].say(&["CLUSTER", "KEYSLOT", &key]);
        answer.trim().strip_prefix(':').unwrap().parse().unwrap()
    }

    /// A namespace whose keys are on this node.
    pub fn namespace_on(&self, node: usize) -> String {
        let names = (0..).map(|number| format!("n{number}"));
        let on = |name: &String| self.slot(name) * 3 / SLOTS == node;
        names.into_iter().find(on).unwrap()
    }

    /// Moves a namespace's slot, one key after the other, with a pause after each step.
    pub fn move_slot(&self, namespace: &str, from: usize, to: usize, pause: Duration) {
        let slot = self.slot(namespace).to_string();
        let (from, to) = (&self.nodes[from], &self.nodes[to]);
        Self::announce(from, to, &slot);
        std::thread::sleep(pause);
        while Self::carry_one(from, to, &slot) {
            std::thread::sleep(pause);
        }
        for node in [to, from].into_iter().chain(&self.nodes) {
            ok(node, &["CLUSTER", "SETSLOT", &slot, "NODE", &name(to)]);
        }
        std::thread::sleep(pause);
    }

    /// Tells both that the slot goes from one to the other.
    pub fn announce(from: &Server, to: &Server, slot: &str) {
        ok(to, &["CLUSTER", "SETSLOT", slot, "IMPORTING", &name(from)]);
        ok(from, &["CLUSTER", "SETSLOT", slot, "MIGRATING", &name(to)]);
    }

    /// Carries all keys over.
    pub fn carry(from: &Server, to: &Server, slot: &str) {
        while Self::carry_one(from, to, slot) {}
    }

    fn carry_one(from: &Server, to: &Server, slot: &str) -> bool {
        let keys = from.say(&["CLUSTER", "GETKEYSINSLOT", slot, "1"]);
        let Some(key) = keys.lines().find(|line| line.starts_with('{')) else { return false };
        let port = to.port.to_string();
        ok(from, &["MIGRATE", "127.0.0.1", &port, key.trim(), "0", "10000"]);
        true
    }
}

fn ok(node: &Server, words: &[&str]) {
    let answer = node.say(words);
    assert!(answer.starts_with("+OK"), "{words:?}: {answer}");
}

fn name(node: &Server) -> String {
    node.say(&["CLUSTER", "MYID"]).lines().nth(1).unwrap().to_owned()
}
