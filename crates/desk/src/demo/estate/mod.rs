//! The estate of the company: what people work with, what stands at the sites, and the CIs of both.
//!
//! It is planned whole before anything is written, so that requests can speak of it: a thing is an asset, a CI, or
//! both. What is kept in memory is small; the rows are made batch by batch, as those of people are.

mod goods;
mod links;
mod plan;
mod records;

use super::company::Company;
use super::ids::Rising;
use super::rng::{Rng, Stream};
use super::rows::Rows;
use crate::{Desk, DeskError, Snapshot};
use goods::Goods;
use links::Link;
use model::{Id, Record};
use std::collections::BTreeMap;

/// Things per batch.
const BATCH: usize = 2_000;

/// An asset, a CI, or both, which then have one name.
#[derive(Debug)]
pub(super) struct Thing {
    pub asset: Option<Id>,
    pub ci: Option<Id>,
    pub name: String,
    pub sort: Sort,
    /// The place of the site in its list.
    pub site: usize,
    /// The first of the ids of its history.
    told: Id,
}

/// What sort of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// What a person works with: the place of the model and of the person.
    Given { model: usize, person: usize },
    /// What waits in the store, is being mended, or is past its time.
    Spare { model: usize },
    /// What stands at a site, for everybody.
    Fixed { model: usize },
    /// A program, a database, a service: no asset.
    Logical { ci_type: &'static str, word: &'static str },
    /// A CI that stands for a department, a group or a person of the company: its module and its id.
    Standing { ci_type: &'static str, module: &'static str, id: Id },
}

/// All things, and how their CIs belong together.
#[derive(Debug)]
pub(super) struct Estate {
    goods: Goods,
    pub things: Vec<Thing>,
    links: Vec<Link>,
    /// For each person, the places of what they work with: from, and up to.
    of_person: Vec<(usize, usize)>,
    /// For each site, the places of what stands there, by product type.
    at_site: Vec<BTreeMap<&'static str, Vec<usize>>>,
    /// The places of CIs by name, of programs and services.
    by_word: BTreeMap<&'static str, usize>,
}

/// How many rows were written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub assets: u64,
    pub cis: u64,
    pub rows: u64,
}

impl Estate {
    /// Plans it. `rows` receives what is small: vendors, manufacturers, products.
    pub fn plan(rows: &mut Rows<'_>, company: &Company, seed: u64, founded: i64) -> Result<Self, DeskError> {
        let goods = Goods::buy(rows, founded)?;
        let mut rng = Rng::new(seed, Stream::Estate, 0);
        let (snapshot, ids) = (rows.snapshot(), rows.ids());
        let mut estate = Self {
            goods,
            things: Vec::new(),
            links: Vec::new(),
            of_person: Vec::new(),
            at_site: company.sites.iter().map(|_| BTreeMap::new()).collect(),
            by_word: BTreeMap::new(),
        };
        estate.furnish(&mut rng, company, ids);
        estate.link(&mut rng, company, ids, snapshot)?;
        Ok(estate)
    }

    /// The things that a person works with, the machine first.
    pub fn of_person(&self, person: usize) -> &[Thing] {
        let (from, to) = self.of_person.get(person).copied().unwrap_or_default();
        self.things.get(from..to).unwrap_or_default()
    }
    /// One of the things of a product type at a site, or else where the first site is.
    pub fn at_site(&self, rng: &mut Rng, site: usize, kind: &str) -> Option<&Thing> {
        let here = [site, 0].into_iter().find_map(|site| self.at_site.get(site)?.get(kind));
        self.things.get(*rng.one(here?)?)
    }
    /// The thing of a product type at a site, or else where the first site is, that has this name.
    pub fn named_at(&self, site: usize, kind: &str, name: &str) -> Option<&Thing> {
        let at = |site: usize| self.at_site.get(site)?.get(kind);
        let all = [site, 0].into_iter().filter_map(at).flatten();
        all.filter_map(|at| self.things.get(*at)).find(|thing| thing.name == name)
    }
    /// The program or service with this name.
    pub fn called(&self, word: &str) -> Option<&Thing> {
        self.things.get(*self.by_word.get(word)?)
    }
}

impl Desk {
    /// Writes the things, their CIs, how those belong together, and the history of all.
    pub(super) async fn write_estate(
        &self,
        snapshot: &Snapshot,
        estate: &Estate,
        company: &Company,
        seed: u64,
        founded: i64,
    ) -> Result<Counts, DeskError> {
        let mut counts = Counts::default();
        let makers = records::Makers::new(snapshot, company, estate, seed, founded)?;
        for from in (0..estate.things.len()).step_by(BATCH) {
            let to = (from + BATCH).min(estate.things.len());
            let made = makers.make(from..to)?;
            counts.assets += made.assets.len() as u64;
            counts.rows += made.rows();
            self.store.load(snapshot.module("asset")?, &made.assets).await?;
            for cis in made.cis.values() {
                let Some(module) = cis.first().map(|ci| ci.module.clone()) else { continue };
                counts.cis += cis.len() as u64;
                self.store.load(&module, cis).await?;
            }
            self.store.load(snapshot.module("asset_cost")?, &made.costs).await?;
            self.store.load(snapshot.module("history")?, &made.history).await?;
            if let Some((first, last)) = made.range {
                for module in ["asset", "ci"] {
                    let module = snapshot.module(module)?;
                    self.store.fill_search(module, &snapshot.catalogue, first, last).await?;
                }
            }
        }
        for links in estate.links.chunks(4 * BATCH) {
            let (rows, history): (Vec<Record>, Vec<Record>) =
                links.iter().filter_map(|link| makers.link(link)).unzip();
            counts.rows += (rows.len() + history.len()) as u64;
            self.store.load(snapshot.module("ci_relationship")?, &rows).await?;
            self.store.load(snapshot.module("history")?, &history).await?;
        }
        Ok(counts)
    }
}

/// Ids for a thing: its asset, its CI, and the first of those for rows of history and costs.
fn thing_ids(ids: &mut Rising) -> (Id, Id, Id) {
    let taken = (ids.take(), ids.take(), ids.take());
    for _ in 1..ROWS_OF_A_THING {
        ids.take();
    }
    taken
}

/// How many rows of history and costs a thing may have.
const ROWS_OF_A_THING: i64 = 6;
