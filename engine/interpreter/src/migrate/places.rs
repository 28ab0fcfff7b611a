//! Where everything alive goes: elements by their ids, flows by theirs or by their ends.

use super::{Migration, Move, Plan, Problem};
use crate::elements::{Kind, Repetition};
use crate::process::{Element, Flow};
use crate::run::Run;
use crate::{ElementIndex, FlowIndex, Instance, Key};
use std::collections::BTreeMap;
use std::mem::discriminant;

type Pairs<T> = Vec<(T, T)>;

impl<'p> Migration<'p> {
    /// Where an element of the old version went.
    pub(super) fn element(&self, old: ElementIndex) -> Option<&'p Element> {
        let id = &self.old.element(old).id;
        let id = self.mapping.get(id).unwrap_or(id);
        self.new.find(id).map(|index| self.new.element(index))
    }

    fn index(&self, old: ElementIndex) -> Option<ElementIndex> {
        self.element(old).map(|element| element.index)
    }

    /// By its id when it still leads to the same place; else the only one between the same two.
    fn flow(&self, old: FlowIndex) -> Option<FlowIndex> {
        let flow = self.old.flow(old);
        let (from, to) = (self.index(flow.from), self.index(flow.to)?);
        let between = |it: &&Flow| Some(it.from) == from && it.to == to;
        let of_its_id = || self.new.flows.iter().filter(|it| it.id == flow.id && it.to == to);
        if let Some(same) = of_its_id().find(between) {
            return Some(same.index);
        }
        let mut alike = self.new.flows.iter().filter(between);
        match (alike.next(), alike.next()) {
            (Some(only), None) => Some(only.index),
            _ => of_its_id().next().map(|it| it.index),
        }
    }

    /// Of everything that both versions have; targets of events among the elements.
    pub(super) fn maps(&self) -> (Pairs<ElementIndex>, Pairs<FlowIndex>) {
        let mut elements = Vec::new();
        for element in &self.old.elements {
            let Some(new) = self.element(element.index) else { continue };
            elements.push((element.index, new.index));
            let (was, is) = (element.kind.behavior().catches(), new.kind.behavior().catches());
            for (was, is) in was.into_iter().zip(is).flat_map(|(was, is)| was.definitions.iter().zip(&is.definitions)) {
                if was.target != element.index {
                    elements.push((was.target, is.target));
                }
            }
        }
        let flows = self.old.flows.iter().filter_map(|flow| Some((flow.index, self.flow(flow.index)?)));
        (elements, flows.collect())
    }

    pub(super) fn check_mapping(&self, plan: &mut Plan) {
        for (old, new) in self.mapping {
            let mut say = |message: String| plan.problems.push(Problem { element_id: old.clone(), message });
            if self.old.find(old).is_none() {
                say(format!("the mapping names `{old}`, which the old version does not have"));
            } else if self.new.find(new).is_none() {
                say(format!("the mapping sends `{old}` to `{new}`, which the new version does not have"));
            }
        }
    }

    pub(super) fn check_places(&self, instance: &Instance, plan: &mut Plan) {
        let mut moves: BTreeMap<(ElementIndex, ElementIndex), u32> = BTreeMap::new();
        let mut problems: BTreeMap<ElementIndex, String> = BTreeMap::new();
        for (key, element) in instance.elements.iter() {
            match self.place(instance, *key, element.scope, element.element) {
                Ok(new) => *moves.entry((element.element, new)).or_default() += 1,
                Err(why) => drop(problems.insert(element.element, why)),
            }
        }
        for ((_, element, flow), count) in &instance.waiting_tokens {
            match self.arrival(*element, *flow) {
                Ok(new) => *moves.entry((*element, new)).or_default() += count,
                Err(why) => drop(problems.insert(*element, why)),
            }
        }
        for token in &instance.deferred {
            let target = self.old.flow(token.flow).to;
            if let Err(why) = self.arrival(target, token.flow) {
                problems.insert(target, why);
            }
        }
        for found in instance.compensable.values() {
            if let Err(why) = self.same_kind(found.element) {
                problems.insert(found.element, format!("{why} (it can be compensated)"));
            }
        }
        let id = |index: &ElementIndex| self.old.element(*index).id.clone();
        let told = problems.into_iter().map(|(at, message)| Problem { element_id: id(&at), message });
        plan.problems.extend(told);
        let moved = moves.iter().map(|((old, new), count)| Move {
            from: id(old),
            to: self.new.element(*new).id.clone(),
            count: *count,
        });
        plan.moves.extend(moved);
    }

    /// Where an element instance goes, or why it cannot.
    fn place(&self, instance: &Instance, key: Key, scope: Key, old: ElementIndex) -> Result<ElementIndex, String> {
        let new = self.same_kind(old)?;
        let is_repeated = instance.element(key).is_some_and(|element| element.loop_counter.is_some());
        let around = instance.element(scope).map(|scope| scope.element);
        if is_repeated && around == Some(old) {
            return Ok(new.index);
        }
        let around = around.and_then(|around| self.index(around));
        if new.parent != around {
            let inside = |parent: Option<ElementIndex>| match parent {
                Some(parent) => format!("in `{}`", self.new.element(parent).id),
                None => "in the process itself".to_owned(),
            };
            let (is, would) = (inside(new.parent), inside(around));
            return Err(format!("`{}` stands {is} in the new version, and its scope goes {would}", new.id));
        }
        Ok(new.index)
    }

    fn same_kind(&self, old: ElementIndex) -> Result<&'p Element, String> {
        let was = self.old.element(old);
        let id = &was.id;
        let new = self.element(old);
        let new =
            new.ok_or_else(|| format!("the new version has no `{id}`: map it to another element, or end it first"))?;
        if !is_alike(&was.kind, &new.kind) {
            return Err(format!("`{id}` and `{}` of the new version are of different kinds", new.id));
        }
        match (&was.repetition, &new.repetition) {
            (None, None) => Ok(new),
            (Some(was), Some(is)) if is_repeated_alike(was, is) => Ok(new),
            _ => Err(format!("`{id}` and `{}` of the new version do not repeat alike", new.id)),
        }
    }

    /// Where a token on a flow goes.
    fn arrival(&self, target: ElementIndex, flow: FlowIndex) -> Result<ElementIndex, String> {
        let id = &self.old.element(target).id;
        let new =
            self.element(target).ok_or_else(|| format!("the new version has no `{id}`, and a token waits there"))?;
        let (was, is) = (self.old.element(target).parent.map(|parent| self.index(parent)), new.parent.map(Some));
        if was != is {
            return Err(format!("`{}` stands in another scope in the new version, and a token waits there", new.id));
        }
        match self.flow(flow) {
            Some(_) => Ok(new.index),
            None => {
                let flow = &self.old.flow(flow).id;
                Err(format!("a token waits at `{id}` on the flow `{flow}`, which the new version does not have"))
            }
        }
    }

    /// They keep by number which flows they have taken tokens from.
    pub(super) fn remap_complex_gateways(&self, run: &mut Run<'p>) {
        let is_complex = |element: ElementIndex| matches!(self.new.element(element).kind, Kind::ComplexGateway(_));
        let all = run.instance.elements.iter().filter(|(_, element)| is_complex(element.element));
        let gateways: Vec<Key> = all.map(|(key, _)| *key).collect();
        for gateway in gateways {
            run.remap_taken_from(gateway, |flow| self.flow(flow));
        }
    }
}

fn is_alike(was: &Kind, is: &Kind) -> bool {
    match (was, is) {
        (Kind::SubProcess(was), Kind::SubProcess(is)) => {
            (was.is_transaction, was.is_event_sub_process) == (is.is_transaction, is.is_event_sub_process)
        }
        _ => discriminant(was) == discriminant(is),
    }
}

fn is_repeated_alike(was: &Repetition, is: &Repetition) -> bool {
    match (was, is) {
        (Repetition::Loop(_), Repetition::Loop(_)) => true,
        (Repetition::Instances(was), Repetition::Instances(is)) => was.is_sequential == is.is_sequential,
        _ => false,
    }
}
