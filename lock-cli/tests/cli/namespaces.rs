//! `namespace`: an independent set of locks in the same store, on every store.

use crate::{checkout::Checkout, redis::Redis};

#[test]
fn namespaces_of_one_store_do_not_see_each_other() {
    let redis = Redis::start();
    for store in ["fs:.agent_locks", "fs:locks/", "sqlite:locks.db", &redis.url()] {
        let checkout = Checkout::new();
        let code = |line: &str, namespace: &str| {
            checkout.lockctl(&format!("{line} --backend {store}?namespace={namespace}")).code
        };
        assert_eq!(code("acquire a --agent ada", "shop"), 0, "{store}");
        assert_eq!(code("who a", "shop"), 0, "{store}");
        assert_eq!(code("who a", "other"), 1, "{store}");
        assert_eq!(code("acquire a --agent grace", "default"), 0, "{store}");
        assert_eq!(code("acquire a --agent grace", "shop"), 1, "{store}");
        let plain = checkout.lockctl(&format!("check a --agent ada --backend {store}"));
        assert_eq!(plain.code, 1, "no namespace is the default one, {store}: {plain:?}");
        // The file speaks where the URL does not.
        checkout.write("lockctl.toml", &format!("backend = \"{store}\"\nnamespace = \"shop\"\n"));
        let held = checkout.lockctl("who a --json").json();
        assert_eq!(held["locks"][0]["agent_id"], "ada", "{store}");
        assert_eq!(code("who a", "other"), 1, "{store}");
        assert_eq!(checkout.lockctl("doctor").code, 0, "{store}");
    }
}

#[test]
fn a_name_that_would_lead_elsewhere_is_refused() {
    let checkout = Checkout::new();
    for store in ["fs:.agent_locks", "sqlite:locks.db"] {
        for name in ["", ".", "..", "../x", "a/b", "a%2Fb", "a b", &"x".repeat(65)] {
            let url = format!("{store}?namespace={name}");
            let answer =
                checkout.run(["acquire", "a", "--agent", "ada", "--json", "--backend", &url]);
            assert_eq!(answer.code, 2, "{url}: {answer:?}");
            assert_eq!(answer.json()["error"]["code"], "config", "{url}");
        }
    }
    let answer = checkout.lockctl("acquire a --agent ada --backend fs:..?namespace=x");
    assert_eq!(answer.code, 2, "{answer:?}");
    let mut names: Vec<_> = std::fs::read_dir(checkout.root().parent().unwrap())
        .unwrap()
        .chain(std::fs::read_dir(checkout.root()).unwrap())
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, [".git", "pages", "src", "work"], "nothing was made");
}

/// What `init` writes is what holds anyway: every key can be uncommented as it stands.
#[test]
fn the_template_works_with_every_key_uncommented() {
    let checkout = Checkout::new();
    checkout.must("acquire src/a.rs --agent ada");
    checkout.must("init");
    let file = checkout.root().join("lockctl.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let keys = |line: &str| match line.strip_prefix('#') {
        Some(key) if !key.starts_with(' ') => format!("{key}\n"),
        _ => format!("{line}\n"),
    };
    std::fs::write(&file, text.lines().map(keys).collect::<String>()).unwrap();
    assert_eq!(checkout.lockctl("acquire src/a.rs").code, 1, "the same store, another agent");
    let lock = checkout.must("acquire src/b.rs --json").json();
    assert_eq!(lock["locks"][0]["agent_id"], "agent-7");
}
