//! Ids of orders that must be obeyed in the order in which they were given: from one instance to another, as the call and its
//! cancelation, or an escalation and the end of who has escalated. They are UUIDs of version 8: the first half is the pair, the
//! second counts. So what comes before an id is a range of the outbox's key, and the outbox lets no order of a pair be obeyed
//! while an earlier one is there.

use interpreter::InstanceId;
use uuid::Uuid;

/// Version and variant of RFC 9562.
const VERSION: u64 = 0x8 << 12;
const NOT_VERSION: u64 = !(0xF << 12);
const VARIANT: u64 = 0b10 << 62;
/// Orders that one step of an instance may give, as a power of two.
const OF_A_STEP: u32 = 20;

/// `version`: of the sender after its step; `number` counts in the step.
pub fn ordered(sender: InstanceId, receiver: InstanceId, version: u64, number: usize) -> Uuid {
    let pair = [sender.0.into_bytes(), receiver.0.into_bytes()].concat();
    let (pair, _) = Uuid::new_v5(&Uuid::NAMESPACE_OID, &pair).as_u64_pair();
    let count = (version << OF_A_STEP) | (number as u64 & ((1 << OF_A_STEP) - 1));
    Uuid::from_u64_pair((pair & NOT_VERSION) | VERSION, VARIANT | (count & !(0b11 << 62)))
}

/// Where the orders of the same pair begin; an order that stands alone is its own beginning.
pub fn first_of_pair(id: Uuid) -> Uuid {
    let (pair, _) = id.as_u64_pair();
    if is_ordered(id) { Uuid::from_u64_pair(pair, VARIANT) } else { id }
}

/// Later ones of a pair are greater; orders that stand alone come first.
pub fn place(id: Uuid) -> u64 {
    if is_ordered(id) { id.as_u64_pair().1 } else { 0 }
}

fn is_ordered(id: Uuid) -> bool {
    id.get_version_num() == 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_of_a_pair_follow_each_other_and_others_stand_apart() {
        let [a, b, c] = [1, 2, 3].map(|n| InstanceId(Uuid::from_u128(n)));
        let row = [ordered(a, b, 3, 0), ordered(a, b, 3, 1), ordered(a, b, 4, 0), ordered(a, b, 1 << 30, 7)];
        assert!(row.is_sorted() && row.map(place).is_sorted());
        assert!(row.iter().all(|id| first_of_pair(*id) == first_of_pair(row[0]) && first_of_pair(*id) <= *id));
        assert_ne!(first_of_pair(ordered(a, c, 3, 0)), first_of_pair(row[0]));
        assert_ne!(first_of_pair(ordered(b, a, 3, 0)), first_of_pair(row[0]));
        let alone = Uuid::now_v7();
        assert_eq!((first_of_pair(alone), place(alone)), (alone, 0));
    }
}
