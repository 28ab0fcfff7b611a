//! The model against Postgres: the same random statements, inside and outside of transactions that are committed or taken back, give
//! the same answers. The model's clock is set to Postgres's before each statement; times lie hours away from it.

use jiff::Timestamp;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use store::{Session, Store, command, history, instance, job, message, message_subscription, migrate, signal, timer};
use store_model::{Faults, Happens, Model};
use test_harness::Servers;
use uuid::Uuid;

/// Nothing breaks, and the time is what it is told.
struct Told(Arc<AtomicI64>);

impl Faults for Told {
    fn strike(&self, _: usize, _: &str) -> Happens {
        Happens::default()
    }

    fn lets_in(&self, _: usize) -> bool {
        true
    }

    fn now(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end
    }

    fn id(&mut self) -> Uuid {
        Uuid::from_u128(u128::from(self.below(4)) + 1)
    }

    fn text(&mut self, what: &str) -> String {
        format!("{what}{}", self.below(2))
    }

    /// Ids without repetition.
    fn ids(&mut self) -> Vec<Uuid> {
        let mut ids: Vec<Uuid> = (0..=self.below(3)).map(|_| self.id()).collect();
        ids.sort();
        ids.dedup();
        ids
    }
}

#[tokio::test]
async fn every_meaning_has_the_columns_of_its_statement() -> anyhow::Result<()> {
    let url = Servers::shared().database().await;
    migrate::migrate(&url).await?;
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    const VOID: u32 = 2278;
    for (name, columns) in store_model::names() {
        let statement = store::statement::ALL.iter().find(|statement| statement.name == name);
        let sql = statement.map(|statement| statement.sql).unwrap_or_default();
        let real = client.prepare(sql).await?;
        let oids: Vec<u32> = real.columns().iter().map(|column| column.type_().oid()).collect();
        assert!(oids == columns || oids == [VOID], "{name}: {oids:?}, the model has {columns:?}");
    }
    Ok(())
}

#[tokio::test]
async fn random_statements_give_the_same_answers() -> anyhow::Result<()> {
    let url = Servers::shared().database().await;
    migrate::migrate(&url).await?;
    let time = Arc::new(AtomicI64::new(0));
    let model = Model::new(Told(time.clone()), None);
    let (real, model) = (Store::new(&url, 2)?, Store::over(model.connector(1), 2)?);
    let (mut real, mut model) = (real.session().await?, model.session().await?);
    let mut asked = std::collections::BTreeMap::new();
    for seed in 0..3_000 {
        const YEAR_2000: i64 = 946_684_800_000_000;
        let now = real.clock().await?;
        time.store(now.as_microsecond() - YEAR_2000, Ordering::Relaxed);
        match seed % 17 {
            0 => {
                real.begin().await?;
                model.begin().await?;
            }
            9 => {
                let ends = Dice(seed).below(3) > 0;
                for session in [&mut real, &mut model] {
                    if ends { session.commit().await? } else { session.rollback().await? }
                }
            }
            _ => {
                let (what, answer) = ask(&real, seed, now).await;
                let (_, modelled) = ask(&model, seed, now).await;
                assert_eq!(answer, modelled, "statement {seed} ({what})");
                *asked.entry(what).or_insert(0) += 1;
                if answer.starts_with("error") && (1..9).contains(&(seed % 17)) {
                    real.rollback().await?;
                    model.rollback().await?;
                    real.begin().await?;
                    model.begin().await?;
                }
            }
        }
    }
    println!("{asked:?}");
    Ok(())
}

/// Sorted, since most answers have no order.
fn told<T: std::fmt::Debug>(answer: store::Result<Vec<T>>) -> String {
    match answer {
        Ok(rows) => {
            let mut rows: Vec<String> = rows.iter().map(|row| format!("{row:?}")).collect();
            rows.sort();
            rows.join("\n")
        }
        Err(error) if error.is_unique_violation() => "error: unique".to_owned(),
        Err(error) => format!("error: {error}"),
    }
}

fn nothing(answer: store::Result<()>) -> String {
    told(answer.map(|()| Vec::<()>::new()))
}

async fn ask(session: &Session, seed: u64, now: Timestamp) -> (&'static str, String) {
    let mut dice = Dice(seed);
    let kind = dice.below(24);
    match kind {
        0..6 => instances(session, kind, &mut dice, now).await,
        6..12 => jobs(session, kind, &mut dice, now).await,
        12..16 => timers(session, kind, &mut dice, now).await,
        16..18 => commands(session, kind, &mut dice).await,
        _ => messages(session, kind, &mut dice, now).await,
    }
}

async fn instances(session: &Session, kind: u64, dice: &mut Dice, now: Timestamp) -> (&'static str, String) {
    match kind {
        0 => {
            let mut rows = instance::Inserts::default();
            rows.push(instance::Insert {
                id: dice.id(),
                tenant: dice.text("tenant"),
                definition: dice.id(),
                state: 0,
                version: 1 + dice.below(2) as i64,
                control: vec![dice.below(9) as u8],
                business_key: (dice.below(2) > 0).then(|| dice.text("key")),
                parent: (dice.below(2) > 0).then(|| dice.id()),
                traceparent: String::new(),
                created_at: now,
                ended_at: None,
            });
            ("instance/insert", nothing(rows.insert(session).await))
        }
        1 => {
            let mut rows = instance::Updates::default();
            for id in dice.ids() {
                let old_version = 1 + dice.below(3) as i64;
                let (state, ended_at) = if dice.below(3) == 0 { (1, Some(now)) } else { (0, None) };
                let control = vec![dice.below(9) as u8];
                rows.push(instance::Update {
                    id,
                    old_version,
                    version: 1 + dice.below(3) as i64,
                    state,
                    control,
                    ended_at,
                });
            }
            ("instance/update", told(rows.update(session).await))
        }
        2 => ("instance/load", told(instance::load(session, &dice.ids()).await)),
        3 => {
            let found = instance::get(session, &dice.text("tenant"), dice.id()).await;
            let known =
                found.map(|found| found.into_iter().map(|(it, pages)| (it.row, it.open_incidents, pages)).collect());
            ("instance/get", told(known))
        }
        4 => {
            let mut rows = instance::AllRemembered::default();
            dice.ids().into_iter().for_each(|id| rows.push(instance::Remembered { id, version: 1 }));
            ("instance/confirm", told(rows.outdated(session).await))
        }
        _ => {
            let listed = history::list(session, dice.id(), dice.below(9) as i64, 3).await;
            ("history/list", told(listed))
        }
    }
}

async fn jobs(session: &Session, kind: u64, dice: &mut Dice, now: Timestamp) -> (&'static str, String) {
    let mut attempts = job::Attempts::default();
    let mut jobs = job::Jobs::default();
    for instance in dice.ids() {
        let (key, attempt) = (dice.below(3) as i64, 1 + dice.below(2) as i32);
        attempts.push(job::Attempt { instance, key, attempt });
        let (tenant, job_type) = (dice.text("tenant"), dice.text("type"));
        jobs.push(job::Job { instance, key, attempt, tenant, job_type, created_at: now });
    }
    match kind {
        6 => ("job/insert", nothing(jobs.insert(session).await)),
        7 => ("job/renew", nothing(jobs.renew(session).await)),
        8 => ("job/delete", told(attempts.delete(session).await)),
        9 => ("job/unpublished", nothing(attempts.unpublished(session).await)),
        10 => {
            let mut lost = job::LostJobs::default();
            for instance in dice.ids() {
                let (key, attempt, publish_no) =
                    (dice.below(3) as i64, 1 + dice.below(2) as i32, 1 + dice.below(2) as i32);
                lost.push(job::Lost { instance, key, attempt, publish_no });
            }
            ("job/republish", told(lost.republish(session).await))
        }
        _ => match dice.below(3) {
            0 => ("job/types", told(job::types(session).await)),
            1 => {
                let mut held = job::HeldJobs::default();
                dice.ids().into_iter().for_each(|instance| held.push(job::Held { instance, key: 1 }));
                ("job/heartbeat", told(held.heartbeat(session, 600_000).await))
            }
            _ => ("job/unanswered", told(job::unanswered(session, &dice.text("type"), now, 1000).await)),
        },
    }
}

async fn timers(session: &Session, kind: u64, dice: &mut Dice, now: Timestamp) -> (&'static str, String) {
    let hour = jiff::SignedDuration::from_hours(1);
    let (mut timers, mut ids) = (timer::Timers::default(), timer::TimerIds::default());
    for instance in dice.ids() {
        let (key, target) = (dice.below(2) as i64, dice.below(2) as i32 - 1);
        let due = if dice.below(2) == 0 { now - hour } else { now + hour };
        timers.push(timer::Timer { instance, key, target, due });
        ids.push(timer::TimerId { instance, key, target });
    }
    match kind {
        12 => ("timer/insert", nothing(timers.insert(session).await)),
        13 => ("timer/delete", nothing(ids.delete(session).await)),
        14 => ("timer/fire", told(ids.fire(session).await)),
        _ => (
            "timer/claim",
            told(
                timer::claim(session, 100)
                    .await
                    .map(|due| due.into_iter().map(|it| (it.instance, it.key, it.target)).collect()),
            ),
        ),
    }
}

async fn commands(session: &Session, kind: u64, dice: &mut Dice) -> (&'static str, String) {
    if kind == 16 {
        let mut rows = command::Commands::default();
        rows.push(command::Command {
            id: dice.id(),
            tenant: dice.text("tenant"),
            instance: dice.id(),
            payload: vec![1],
        });
        return ("command/insert", nothing(rows.insert(session).await));
    }
    let ids = dice.ids();
    let begin: Vec<Uuid> = ids.iter().map(|id| if dice.below(2) == 0 { *id } else { Uuid::nil() }).collect();
    ("command/delete", told(command::delete(session, &ids, &begin).await))
}

async fn messages(session: &Session, kind: u64, dice: &mut Dice, now: Timestamp) -> (&'static str, String) {
    let (tenant, name, key) = (dice.text("tenant"), dice.text("name"), dice.text("key"));
    let (instance, number, target) = (dice.id(), dice.below(2) as i64, dice.below(2) as i32);
    match kind {
        18 => {
            let mut rows = message_subscription::Subscriptions::default();
            let process_id = dice.text("process");
            rows.push(message_subscription::Subscription {
                instance,
                key: number,
                target,
                tenant,
                process_id,
                message_name: name,
                correlation_key: key,
                opened_at: now,
            });
            ("message_subscription/open", nothing(rows.open(session).await))
        }
        19 => ("message_subscription/take", told(message_subscription::take(session, &tenant, &name, &key).await)),
        20 => {
            let mut rows = message_subscription::SubscriptionIds::default();
            rows.push(message_subscription::SubscriptionId { instance, key: number, target });
            ("message_subscription/close", nothing(rows.close(session).await))
        }
        21 => {
            let id = Uuid::from_u128(u128::from(dice.below(1 << 60)));
            let (variables, correlated) = (b"{}".as_slice(), [dice.text("process")]);
            let kept = message::Message {
                tenant: &tenant,
                id,
                name: &name,
                correlation_key: &key,
                variables,
                ttl_ms: 600_000,
                correlated: &correlated,
            };
            ("message/insert", nothing(message::insert(session, &kept).await))
        }
        22 => {
            let taken = message::take(session, &tenant, &name, &key, &dice.text("process")).await;
            ("message/take", told(taken.map(|taken| taken.into_iter().collect())))
        }
        _ => {
            let mut rows = signal::Subscriptions::default();
            rows.push(signal::Subscription {
                instance,
                key: number,
                target,
                tenant: tenant.clone(),
                signal_name: name.clone(),
            });
            if let Err(error) = rows.open(session).await {
                return ("signal_subscription/open", format!("error: {error}"));
            }
            ("signal_subscription/listeners", told(signal::listeners(session, &tenant, &name).await))
        }
    }
}
