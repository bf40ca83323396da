//! One open page that hears: what concerns it, whether it may be told, and when it has to end.

use super::{Topic, portal_mark, who};
use crate::Web;
use crate::texts::Lang;
use bytes::Bytes;
use desk::live::{Happened, Listener, News};
use desk::{Context, DeskError, ListAsk};
use model::filter::{equals, test};
use model::{Id, Op, Value};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

/// A sign of life this often; by it a browser that is gone, and a session that ended, are found.
const SIGN_OF_LIFE: Duration = Duration::from_secs(8);
/// A list is told of at most this often: whoever hears of it asks for it anew.
const LIST_EVERY: Duration = Duration::from_secs(5);
/// Of one change all open lists hear, each this much after the one before, so that they do not all ask at once.
const LIST_APART: Duration = Duration::from_millis(2);
/// So many changed records are looked at for somebody who may not see all.
const LOOKED_AT_MAX: usize = 100;
/// Before a mark it makes one that is greater than every page's: the browser asks for the page in any case.
const ABOVE_MARKS: char = '~';
/// The lowest bits of a page's number say which process made it.
const NODE_BITS: u32 = 10;

/// Who hears, and what they know already.
pub(super) struct Ear {
    pub web: Arc<Web>,
    pub secret: String,
    pub ctx: Context,
    pub lang: Lang,
    pub topic: Topic,
    pub mark: String,
    pub who: String,
    /// The number of the page.
    pub number: u64,
    /// What is to be told of a list, and when.
    pub waiting: Option<(Instant, String)>,
    /// When a list was last told of.
    pub told: Option<Instant>,
}

/// What follows for a page.
enum Next {
    Nothing,
    Say(String),
    End,
}

impl Ear {
    /// Hands on what concerns the page, until the browser, the session, the right or the desk is gone.
    pub async fn hear(
        &mut self,
        mut listener: Listener,
        mut evicted: oneshot::Receiver<()>,
        to: mpsc::Sender<Bytes>,
    ) {
        let mut next = self.at_first().await;
        loop {
            match next {
                Ok(Next::Nothing) => {}
                Ok(Next::Say(event)) => {
                    if to.send(Bytes::from(event)).await.is_err() {
                        return;
                    }
                }
                Ok(Next::End) => return,
                // What could not be looked at is looked at with the next event; the page stays.
                Err(error) => tracing::warn!(%error, "an open page was not told what happened"),
            }
            next = tokio::select! {
                () = to.closed() => return,
                _ = &mut evicted => {
                    // It may come back, but not at once.
                    let _sent = to.send(Bytes::from_static(b"retry: 60000\n\n")).await;
                    return;
                }
                news = listener.next() => match news {
                    Some(news) => self.of_news(&news).await,
                    None => return,
                },
                () = until(self.waiting.as_ref().map(|(at, _)| *at)) => self.of_waiting().await,
                () = tokio::time::sleep(SIGN_OF_LIFE) => match self.is_signed_in().await {
                    Ok(true) => Ok(Next::Say(":\n\n".into())),
                    Ok(false) => Ok(Next::End),
                    Err(error) => Err(error),
                },
            };
        }
    }

    /// Whether the session is there, and whose it is still has such pages.
    async fn is_signed_in(&mut self) -> Result<bool, DeskError> {
        let now = self.web.desk.now();
        let Some(session) = self.web.identity.session(&self.secret, now).await? else { return Ok(false) };
        if session.user != self.ctx.caller.user {
            return Ok(false);
        }
        let caller = match self.web.desk.caller(session.user).await {
            Ok(caller) => caller,
            Err(DeskError::NotPermitted) => return Ok(false),
            Err(error) => return Err(error),
        };
        self.ctx.caller = caller;
        self.ctx.now = now;
        // Somebody who works here no more keeps the pages of the portal.
        Ok(self.topic.is_portal || self.ctx.is_technician())
    }

    /// Whether the page may be told, of these records if it is a list.
    pub async fn is_allowed(&self, changed: Option<&[Id]>) -> Result<bool, DeskError> {
        let (ctx, place) = (&self.ctx, &self.topic.place);
        let module = &place.module;
        let ids: Vec<Value> = match (self.topic.record, changed) {
            (Some(id), _) => vec![id.into()],
            (None, Some(changed)) if ctx.caller.is_limited() => {
                changed.iter().take(LOOKED_AT_MAX).map(|id| (*id).into()).collect()
            }
            (None, _) => {
                return Ok(desk::permissions::role_allows(ctx.caller.access, module, desk::Verb::Read));
            }
        };
        let mut ask = ListAsk::new(test(module, "id", Op::In, ids), 1);
        // A technician sees a request in the trash, somebody who asked does not.
        ask.with_deleted = !self.topic.is_portal;
        if self.topic.is_portal {
            ask.filter = ask.filter.and(equals(module, "is_trashed", vec![false.into()]));
        }
        ask.slots = module.id_slot().into_iter().collect();
        match self.web.desk.list(ctx, place, ask).await {
            Ok(page) => Ok(!page.records.is_empty()),
            Err(DeskError::NotPermitted | DeskError::NotFound) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// What happened between the making of the page and its hearing, and who is here. The right to hear of it is looked at
    /// behind it: who lost the right before it happened does not hear.
    async fn at_first(&mut self) -> Result<Next, DeskError> {
        let mark = self.mark.parse().unwrap_or(Id::new(0));
        let (module, record) = (self.topic.place.module.clone(), self.topic.record);
        let happened = match self.topic.is_portal {
            true => None,
            false => self.web.desk.change_since(&module, record, mark).await?,
        };
        if !self.is_signed_in().await? {
            return Ok(Next::End);
        }
        if self.topic.is_portal {
            return self.of_portal().await;
        }
        let mut event = self.of_presence().await?.unwrap_or_default();
        if let Some(happened) = happened
            && self.is_allowed(Some(&[happened.owner, happened.record])).await?
        {
            event.push_str(&change(&happened.entry.to_string()));
        }
        Ok(if event.is_empty() { Next::Nothing } else { Next::Say(event) })
    }

    async fn of_news(&mut self, news: &News) -> Result<Next, DeskError> {
        let key = self.topic.place.module.key().to_owned();
        // The page shows what was there when it was made; of a portal's page its mark says so.
        let seen = if self.topic.is_portal { None } else { self.mark.parse::<Id>().ok() };
        let is_new = |h: &Happened| h.is_late || seen.is_none_or(|seen| h.entry > seen);
        let is_meant = |h: &&Happened| {
            is_new(h)
                && match self.topic.record {
                    Some(id) => h.owner == id || h.record == id,
                    None => h.module == key || self.web.desk.is_of_table(h, &self.topic.place.module),
                }
        };
        let meant: Vec<_> = news.happened.iter().filter(is_meant).collect();
        let is_told = news.is_avalanche || !meant.is_empty();
        let mut event = String::new();
        if is_told || news.has_moved && self.topic.record.is_some() {
            if !self.is_signed_in().await? {
                return Ok(Next::End);
            }
            let changed: Vec<Id> = meant.iter().map(|h| h.record).collect();
            let changed = (!news.is_avalanche).then_some(changed.as_slice());
            let is_allowed = self.is_allowed(changed).await?;
            if !is_allowed && self.topic.record.is_some() {
                return Ok(Next::End);
            }
            if self.topic.is_portal {
                return if is_told { self.of_portal().await } else { Ok(Next::Nothing) };
            }
            if is_told && is_allowed {
                let newest = match meant.last() {
                    Some(happened) => happened.entry,
                    None => self.web.desk.newest_change().await?,
                };
                let is_late = meant.iter().any(|h| h.is_late);
                let newest = if is_late { format!("{ABOVE_MARKS}{newest}") } else { newest.to_string() };
                if self.topic.record.is_none() {
                    self.wait(newest);
                    return Ok(Next::Nothing);
                }
                event.push_str(&change(&newest));
            }
            event.push_str(&self.of_presence().await?.unwrap_or_default());
        }
        Ok(if event.is_empty() { Next::Nothing } else { Next::Say(event) })
    }

    /// Lets a change of a list wait until it is the page's turn.
    fn wait(&mut self, newest: String) {
        let listeners = u32::try_from(self.web.desk.listeners()).unwrap_or(u32::MAX).max(1);
        let place = u32::try_from((self.number >> NODE_BITS) % u64::from(listeners)).unwrap_or(0);
        let turn = Instant::now() + LIST_APART * place;
        let turn = self.told.map_or(turn, |told| turn.max(told + LIST_EVERY));
        self.waiting = Some(match self.waiting.take() {
            Some((at, waiting)) => (at, waiting.max(newest)),
            None => (turn, newest),
        });
    }

    /// Tells of a list what waited. The right to hear of it may have gone meanwhile.
    async fn of_waiting(&mut self) -> Result<Next, DeskError> {
        let Some((_, newest)) = self.waiting.take() else { return Ok(Next::Nothing) };
        if !self.is_signed_in().await? {
            return Ok(Next::End);
        }
        self.told = Some(Instant::now());
        Ok(Next::Say(change(&newest)))
    }

    /// Tells a page of the portal when what it shows is otherwise than before; of anything else that happens on the
    /// request it tells nothing.
    async fn of_portal(&mut self) -> Result<Next, DeskError> {
        let Some(id) = self.topic.record else { return Ok(Next::End) };
        let record = match self.web.desk.get(&self.ctx, &self.topic.place, id).await {
            Ok(record) => record,
            Err(DeskError::NotFound | DeskError::NotPermitted | DeskError::MergedInto(_)) => {
                return Ok(Next::End);
            }
            Err(error) => return Err(error),
        };
        let mark = portal_mark(&self.web, &self.ctx, &record).await?;
        if mark == self.mark {
            return Ok(Next::Nothing);
        }
        self.mark = mark;
        Ok(Next::Say(change(&format!("{ABOVE_MARKS}{}", self.mark))))
    }

    /// Who else is at the record, where that is not what the page says already.
    async fn of_presence(&mut self) -> Result<Option<String>, DeskError> {
        let Some(id) = self.topic.record.filter(|_| !self.topic.is_portal) else { return Ok(None) };
        let who = who(&self.web, &self.ctx, self.lang, id).await?;
        if who == self.who {
            return Ok(None);
        }
        self.who.clone_from(&who);
        Ok(Some(format!("event: who\ndata: {}\n\n", who.replace(['\r', '\n'], " "))))
    }
}

/// Until something that waits has its turn; for ever where nothing does.
async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

fn change(mark: &str) -> String {
    format!("event: change\ndata: {mark}\n\n")
}
