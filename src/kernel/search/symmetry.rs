//! States that differ only in which of like nodes is which.
//!
//! The nodes of a group are alike if nothing that is planned tells them apart. Every renaming of like nodes makes of a
//! state another one, and what follows it is what follows the first, renamed in the same way, if the protocol treats its
//! peers alike. Of all states that are renamings of each other a search then need see one (Ip and Dill, "Better
//! verification through symmetry", 1996): it takes for a state's fingerprint the least of those of its renamings.
//!
//! A value is not rebuilt to be renamed. It is written out by serde, and its nodes' places are exchanged on the way; what
//! has no order of its own, maps and sets, is hashed so that its order does not matter. Two values with one renamed
//! fingerprint are renamings of each other; a set that hides in a type of its own may keep two that are from being seen as
//! such, which costs states and never a wrong answer.
//!
//! That a protocol treats its peers alike is taken on trust, and looked at: of states that were taken for the same, some
//! are compared by what follows them.

use super::machine::Machine;
use crate::kernel::{CLIENTS, Plan};
use crate::node::{Cluster, Effect, Node, NodeId, StableHasher, WideHasher};
use serde::de::value::Error;
use serde::ser::{self, Serialize, Serializer};
use std::any::type_name;
use std::hash::Hasher;

/// For each node by its place, the place that it is given.
pub type Renaming = Box<[u16]>;

/// The most renamings that are tried for each state. Our choice: six nodes that are all alike.
const MOST: usize = 720;

/// Every renaming of like nodes, the one that changes nothing first. `settings` is the protocol's configuration as text: a
/// node that is named there is like no other.
pub fn renamings(plan: &Plan, settings: &str, is_asked: impl Fn(NodeId) -> bool) -> Vec<Renaming> {
    let same: Renaming = (0..plan.cluster.len() as u16).collect();
    let mut all = vec![same];
    for group in plan.cluster.groups().iter().filter(|group| group.name != CLIENTS) {
        let is_plain = |node: &NodeId| {
            let named = settings.contains(&format!("{:?}", plan.cluster.name(*node)));
            !named && !plan.disks.contains_key(node) && !plan.clocks.contains_key(node) && !is_asked(*node)
        };
        let alike: Vec<u16> =
            group.members.iter().filter(|node| is_plain(node)).map(|node| node.index() as u16).collect();
        let orders = orders(&alike);
        if all.len() * orders.len() > MOST {
            continue;
        }
        let with = |renaming: &Renaming| -> Vec<Renaming> {
            let exchanged = |order: &Vec<u16>| {
                let mut renaming = renaming.clone();
                alike.iter().zip(order).for_each(|(place, new)| renaming[usize::from(*place)] = *new);
                renaming
            };
            orders.iter().map(exchanged).collect()
        };
        all = all.iter().flat_map(with).collect();
    }
    all
}

/// All orders of some places, the given one first.
fn orders(places: &[u16]) -> Vec<Vec<u16>> {
    if places.len() > 6 {
        return vec![places.to_vec()];
    }
    let Some((first, rest)) = places.split_first() else { return vec![vec![]] };
    let mut all = Vec::new();
    for order in orders(rest) {
        all.extend((0..=order.len()).map(|at| {
            let mut order = order.clone();
            order.insert(at, *first);
            order
        }));
    }
    all.sort();
    all
}

/// The fingerprint of values with their nodes renamed.
pub struct Renamed<'a> {
    hasher: StableHasher<WideHasher>,
    places: &'a [u16],
    /// Whether the number that comes next is a node's place.
    is_node: bool,
    /// Whether the sequence that comes next is a set.
    is_set: bool,
}

impl<'a> Renamed<'a> {
    pub fn new(places: &'a [u16]) -> Self {
        Renamed { hasher: StableHasher::wide(), places, is_node: false, is_set: false }
    }

    pub fn add<T: Serialize + ?Sized>(mut self, value: &T) -> Self {
        self.feed(value);
        self
    }

    pub fn print(self) -> u128 {
        self.hasher.finish_wide()
    }

    fn feed<T: Serialize + ?Sized>(&mut self, value: &T) {
        // A set is written as a sequence: only its type's name tells. Were that to change, fewer states would be seen as the same.
        self.is_set =
            type_name::<T>().trim_start_matches('&').starts_with("alloc::collections::btree::set::BTreeSet<");
        value.serialize(&mut *self).expect("hashing does not fail");
    }

    fn begin(&mut self, length: usize, is_unordered: bool) -> Parts<'_, 'a> {
        self.hasher.write_usize(length);
        Parts { out: self, sum: is_unordered.then_some(0), key: None }
    }
}

/// A machine's fingerprint with its nodes renamed, its own place as well.
pub fn machine_print<N: Node>(node: NodeId, machine: &Machine<N>, places: &[u16]) -> u128 {
    let mut out = Renamed::new(places).add(&node).add(&machine.state).add(&machine.platter).add(&machine.timers);
    let (cache, ticks) = machine.rest();
    out.feed(cache);
    out.feed(&ticks);
    for (covers, held) in machine.waiting() {
        out.feed(&(covers, held.len()));
        for effect in held {
            match effect {
                Effect::Send { to, msg } => out.feed(&(0, to, msg)),
                Effect::SetTimer { timer, after } => out.feed(&(1, timer, after)),
                Effect::SetTimerBetween { timer, least, most } => out.feed(&(2, timer, least, most)),
                Effect::CancelTimer(timer) => out.feed(&(3, timer)),
                Effect::Write(write) => out.feed(&(4, write)),
                Effect::Sync => out.feed(&5),
                Effect::Observe(fact) => out.feed(&(6, fact)),
            }
        }
    }
    out.print()
}

/// What is left to be written of something with parts. Of what has no order, the sum of the parts' fingerprints.
pub struct Parts<'o, 'a> {
    out: &'o mut Renamed<'a>,
    sum: Option<u128>,
    key: Option<Renamed<'a>>,
}

impl Parts<'_, '_> {
    fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        match &mut self.sum {
            None => self.out.feed(value),
            Some(sum) => *sum = sum.wrapping_add(Renamed::new(self.out.places).add(value).print()),
        }
        Ok(())
    }

    fn done(self) -> Result<(), Error> {
        if let Some(sum) = self.sum {
            self.out.hasher.write_u128(sum);
        }
        Ok(())
    }
}

/// Declares how plain values are hashed.
macro_rules! plain {
    ($($method:ident($type:ty) => $write:ident($value:ident => $as:expr);)*) => { $(
        fn $method(self, $value: $type) -> Result<(), Error> {
            self.hasher.$write($as);
            Ok(())
        }
    )* };
}

impl<'o, 'a> Serializer for &'o mut Renamed<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Parts<'o, 'a>;
    type SerializeTuple = Parts<'o, 'a>;
    type SerializeTupleStruct = Parts<'o, 'a>;
    type SerializeTupleVariant = Parts<'o, 'a>;
    type SerializeMap = Parts<'o, 'a>;
    type SerializeStruct = Parts<'o, 'a>;
    type SerializeStructVariant = Parts<'o, 'a>;

    plain! {
        serialize_bool(bool) => write_u8(value => u8::from(value));
        serialize_i8(i8) => write_u8(value => value as u8);
        serialize_i16(i16) => write_i16(value => value);
        serialize_i32(i32) => write_i32(value => value);
        serialize_i64(i64) => write_i64(value => value);
        serialize_i128(i128) => write_i128(value => value);
        serialize_u8(u8) => write_u8(value => value);
        serialize_u32(u32) => write_u32(value => value);
        serialize_u64(u64) => write_u64(value => value);
        serialize_u128(u128) => write_u128(value => value);
        serialize_f32(f32) => write_u32(value => value.to_bits());
        serialize_f64(f64) => write_u64(value => value.to_bits());
        serialize_char(char) => write_u32(value => u32::from(value));
    }

    fn serialize_u16(self, value: u16) -> Result<(), Error> {
        let is_node = std::mem::take(&mut self.is_node);
        self.hasher.write_u16(if is_node { self.places[usize::from(value)] } else { value });
        Ok(())
    }

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        self.serialize_bytes(text.as_bytes())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), Error> {
        self.hasher.write_usize(bytes.len());
        self.hasher.write(bytes);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_u8(0)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        self.hasher.write_u8(1);
        self.feed(value);
        Ok(())
    }

    fn serialize_unit(self) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, place: u32, _: &'static str) -> Result<(), Error> {
        self.serialize_u32(place)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<(), Error> {
        self.is_node = name == "NodeId";
        self.feed(value);
        Ok(())
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        place: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.hasher.write_u32(place);
        self.feed(value);
        Ok(())
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Parts<'o, 'a>, Error> {
        let is_set = std::mem::take(&mut self.is_set);
        Ok(self.begin(length.unwrap_or_default(), is_set))
    }

    fn serialize_tuple(self, length: usize) -> Result<Parts<'o, 'a>, Error> {
        Ok(self.begin(length, false))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Parts<'o, 'a>, Error> {
        Ok(self.begin(length, false))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        place: u32,
        _: &'static str,
        length: usize,
    ) -> Result<Parts<'o, 'a>, Error> {
        self.hasher.write_u32(place);
        Ok(self.begin(length, false))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Parts<'o, 'a>, Error> {
        Ok(self.begin(length.unwrap_or_default(), true))
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Parts<'o, 'a>, Error> {
        Ok(self.begin(length, false))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        place: u32,
        _: &'static str,
        length: usize,
    ) -> Result<Parts<'o, 'a>, Error> {
        self.hasher.write_u32(place);
        Ok(self.begin(length, false))
    }
}

/// Declares how parts are hashed, under each of the names that serde has for that.
macro_rules! parts {
    ($($trait:ident::$method:ident)*) => { $(
        impl ser::$trait for Parts<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.part(value)
            }

            fn end(self) -> Result<(), Error> {
                self.done()
            }
        }
    )* };
}

parts! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

/// The same for parts that have names: the names are the same for all values of a type.
macro_rules! named_parts {
    ($($trait:ident)*) => { $(
        impl ser::$trait for Parts<'_, '_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Result<(), Error> {
                self.part(value)
            }

            fn end(self) -> Result<(), Error> {
                self.done()
            }
        }
    )* };
}

named_parts! { SerializeStruct SerializeStructVariant }

impl<'a> ser::SerializeMap for Parts<'_, 'a> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key = Some(Renamed::new(self.out.places).add(key));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let key = self.key.take().expect("a key comes before its value");
        let print = key.add(value).print();
        self.sum = self.sum.map(|sum| sum.wrapping_add(print));
        Ok(())
    }

    fn end(self) -> Result<(), Error> {
        self.done()
    }
}

/// The names of nodes that may be exchanged, group by group: for people.
pub fn alike(cluster: &Cluster, renamings: &[Renaming]) -> Vec<String> {
    let moves = |node: &NodeId| renamings.iter().any(|renaming| usize::from(renaming[node.index()]) != node.index());
    cluster.ids().filter(moves).map(|node| cluster.name(node).to_owned()).collect()
}
