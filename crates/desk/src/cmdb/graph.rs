//! Relationships as a graph in memory: which CI is one step from which, as trouble travels, and what is within reach.

use model::{Id, Map, Record};
use std::ops::Range;

/// A walk to this depth is taken to find few.
const NEAR: u32 = 8;

/// Which way trouble is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To what suffers when the CI fails.
    Downstream,
    /// To what may have made the CI fail.
    Upstream,
}

/// How trouble travels along relationships of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Travel {
    down: bool,
    up: bool,
}

impl Travel {
    pub fn of(kind: &Record) -> Self {
        match kind.text("impact") {
            Some("child_to_parent") => Self { down: false, up: true },
            Some("both") => Self { down: true, up: true },
            Some("none") => Self { down: false, up: false },
            _ => Self { down: true, up: false },
        }
    }
}

/// Edges in the order of the node that they leave, found by that node's place. Where they lead stands apart from what
/// else is known of them: a walk looks at all of the one, and at few of the other.
#[derive(Debug, Default)]
pub(super) struct Adjacency {
    from: Vec<u32>,
    pub to: Vec<u32>,
    pub edges: Vec<Edge>,
}

/// A relationship, and its type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub relationship: i64,
    pub kind: i64,
    /// Whether trouble comes from the relationship's child.
    pub from_child: bool,
}

impl Adjacency {
    fn new(nodes: usize, mut all: Vec<(u32, u32, Edge)>) -> Self {
        all.sort_unstable_by_key(|(from, _, edge)| (*from, edge.relationship));
        let mut from = vec![0_u32; nodes + 1];
        for (node, ..) in &all {
            if let Some(count) = from.get_mut(*node as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for count in &mut from {
            sum += *count;
            *count = sum;
        }
        let (to, edges) = all.into_iter().map(|(_, to, edge)| (to, edge)).unzip();
        Self { from, to, edges }
    }

    /// The places of the edges that leave a node.
    pub fn of(&self, node: u32) -> Range<usize> {
        let place = node as usize;
        match (self.from.get(place), self.from.get(place + 1)) {
            (Some(start), Some(end)) => *start as usize..*end as usize,
            _ => 0..0,
        }
    }
}

/// All relationships, by the way in which trouble travels along them.
#[derive(Debug)]
pub(crate) struct Graph {
    pub(super) version: i64,
    pub(super) travels: Vec<(Id, Travel)>,
    places: Map<i64, u32>,
    nodes: Vec<i64>,
    down: Adjacency,
    up: Adjacency,
}

impl Graph {
    pub(super) fn new(version: i64, travels: Vec<(Id, Travel)>, rows: &[[i64; 4]]) -> Self {
        let mut places: Map<i64, u32> = Map::default();
        let mut nodes = Vec::new();
        let mut place = |id: i64| {
            *places.entry(id).or_insert_with(|| {
                nodes.push(id);
                // Four thousand million CIs are more than any desk has.
                u32::try_from(nodes.len() - 1).unwrap_or(u32::MAX)
            })
        };
        let (mut down, mut up) = (Vec::new(), Vec::new());
        let by_kind: Map<i64, Travel> = travels.iter().map(|(id, travel)| (id.get(), *travel)).collect();
        for [relationship, parent, child, kind] in rows {
            let Some(travel) = by_kind.get(kind) else { continue };
            let (parent, child) = (place(*parent), place(*child));
            let edge = |from_child| Edge { relationship: *relationship, kind: *kind, from_child };
            if travel.down {
                down.push((parent, child, edge(false)));
                up.push((child, parent, edge(false)));
            }
            if travel.up {
                down.push((child, parent, edge(true)));
                up.push((parent, child, edge(true)));
            }
        }
        let (down, up) = (Adjacency::new(nodes.len(), down), Adjacency::new(nodes.len(), up));
        Self { version, travels, places, nodes, down, up }
    }

    /// Every CI within reach, nearest first: how many there are, and for those of a page the edge by which each was
    /// first reached.
    pub(super) fn walk(&self, from: Id, direction: Direction, depth_max: u32, page: &Range<usize>) -> Reach {
        let mut reach = Reach::default();
        let Some(start) = self.place(from) else { return reach };
        let edges = self.edges(direction);
        // A bit for each node: those of a hundred thousand stay in the nearest cache.
        let mut seen = vec![0_u64; self.nodes.len() / 64 + 1];
        let mut mark = |node: u32| {
            let bit = 1_u64 << (node % 64);
            seen.get_mut(node as usize / 64).is_some_and(|word| {
                let is_new = *word & bit == 0;
                *word |= bit;
                is_new
            })
        };
        mark(start);
        // In the order in which they are found: the start, one level after the other.
        let mut found = Vec::with_capacity(if depth_max > NEAR { self.nodes.len() } else { 1_024 });
        found.push(start);
        let mut level = 0..1;
        for depth in 1..=depth_max {
            for place in level.clone() {
                let Some(node) = found.get(place).copied() else { break };
                let leaving = edges.of(node);
                let to = edges.to.get(leaving.clone()).unwrap_or_default();
                for (edge, to) in leaving.zip(to) {
                    if !mark(*to) {
                        continue;
                    }
                    if page.contains(&(found.len() - 1))
                        && let Some(edge) = edges.edges.get(edge)
                    {
                        reach.steps.push(Step { node: *to, depth, from: node, edge: *edge });
                    }
                    found.push(*to);
                }
            }
            level = level.end..found.len();
            if level.is_empty() {
                break;
            }
            reach.levels.push(level.len());
        }
        reach
    }

    /// The edges that are followed in a direction.
    pub(super) const fn edges(&self, direction: Direction) -> &Adjacency {
        match direction {
            Direction::Downstream => &self.down,
            Direction::Upstream => &self.up,
        }
    }

    /// The place of a CI; none for one without relationships.
    pub(super) fn place(&self, ci: Id) -> Option<u32> {
        self.places.get(&ci.get()).copied()
    }

    /// The CI at a place.
    pub(super) fn id(&self, node: u32) -> Id {
        Id::new(self.nodes.get(node as usize).copied().unwrap_or(0))
    }
}

/// What a walk found.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// How many are how far away.
    pub levels: Vec<usize>,
    /// Those of the page.
    pub steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub node: u32,
    pub depth: u32,
    pub from: u32,
    pub edge: Edge,
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: i64 = 9;

    fn graph(travel: Travel, pairs: &[(i64, i64)]) -> Graph {
        let rows: Vec<[i64; 4]> =
            (100..).zip(pairs).map(|(id, (parent, child))| [id, *parent, *child, KIND]).collect();
        Graph::new(1, vec![(Id::new(KIND), travel)], &rows)
    }

    fn found(graph: &Graph, from: i64, direction: Direction, depth: u32) -> Vec<(i64, u32)> {
        let reach = graph.walk(Id::new(from), direction, depth, &(0..usize::MAX));
        assert_eq!(reach.levels.iter().sum::<usize>(), reach.steps.len());
        // A page is a part of the whole.
        let page = graph.walk(Id::new(from), direction, depth, &(1..2)).steps;
        assert_eq!(page.first().map(|s| s.node), reach.steps.get(1).map(|s| s.node));
        let mut found: Vec<_> = reach.steps.iter().map(|s| (graph.id(s.node).get(), s.depth)).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn rings_end_and_each_is_found_once_and_nearest_first() {
        let down = Travel { down: true, up: false };
        let ring = graph(down, &[(1, 2), (2, 3), (3, 1), (1, 3), (3, 4)]);
        assert_eq!(found(&ring, 1, Direction::Downstream, 99), [(2, 1), (3, 1), (4, 2)]);
        assert_eq!(found(&ring, 1, Direction::Downstream, 1), [(2, 1), (3, 1)]);
        assert_eq!(found(&ring, 4, Direction::Upstream, 99), [(1, 2), (2, 2), (3, 1)]);
        assert_eq!(found(&ring, 4, Direction::Downstream, 99), []);
        assert_eq!(found(&ring, 5, Direction::Downstream, 99), []);
    }

    #[test]
    fn trouble_travels_as_the_type_says() {
        for (travel, down, up) in [
            (Travel { down: false, up: true }, vec![], vec![(2, 1)]),
            (Travel { down: true, up: true }, vec![(2, 1)], vec![(2, 1)]),
            (Travel { down: false, up: false }, vec![], vec![]),
        ] {
            let pair = graph(travel, &[(1, 2)]);
            assert_eq!(found(&pair, 1, Direction::Downstream, 9), down, "{travel:?}");
            assert_eq!(found(&pair, 1, Direction::Upstream, 9), up, "{travel:?}");
        }
    }
}
