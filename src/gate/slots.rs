//! Numbered places for connections. Each connection has an id that is never used twice, so that a late message about
//! one that is gone finds nothing instead of its successor.

/// The place in the lower half, its generation in the upper half.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotId(u64);

impl SlotId {
    pub fn place(self) -> usize {
        (self.0 & u64::from(u32::MAX)) as usize
    }

    fn new(place: usize, generation: u32) -> SlotId {
        SlotId(u64::from(generation) << 32 | place as u64)
    }

    fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

struct Slot<T> {
    generation: u32,
    held: Option<T>,
}

pub struct Slots<T> {
    slots: Vec<Slot<T>>,
    free: Vec<u32>,
}

impl<T> Slots<T> {
    pub fn new() -> Slots<T> {
        Slots { slots: Vec::new(), free: Vec::new() }
    }

    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub fn insert(&mut self, held: T) -> SlotId {
        if let Some(place) = self.free.pop() {
            let slot = &mut self.slots[place as usize];
            slot.held = Some(held);
            return SlotId::new(place as usize, slot.generation);
        }
        self.slots.push(Slot { generation: 0, held: Some(held) });
        SlotId::new(self.slots.len() - 1, 0)
    }

    pub fn remove(&mut self, id: SlotId) -> Option<T> {
        let slot = self.slots.get_mut(id.place()).filter(|slot| slot.generation == id.generation())?;
        let held = slot.held.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(id.place() as u32);
        Some(held)
    }

    pub fn get_mut(&mut self, id: SlotId) -> Option<&mut T> {
        let slot = self.slots.get_mut(id.place()).filter(|slot| slot.generation == id.generation())?;
        slot.held.as_mut()
    }

    /// Returns the id of what holds this place now.
    pub fn id_at(&self, place: usize) -> Option<SlotId> {
        let slot = self.slots.get(place)?;
        slot.held.as_ref().map(|_| SlotId::new(place, slot.generation))
    }

    pub fn iter(&self) -> impl Iterator<Item = (SlotId, &T)> {
        let held = self.slots.iter().enumerate();
        held.filter_map(|(place, slot)| Some((SlotId::new(place, slot.generation), slot.held.as_ref()?)))
    }

    pub fn ids(&self) -> Vec<SlotId> {
        self.iter().map(|(id, _)| id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Slots;

    #[test]
    fn an_id_never_finds_its_successor() {
        let mut slots = Slots::new();
        let first = slots.insert('a');
        assert_eq!(slots.remove(first), Some('a'));
        let second = slots.insert('b');
        assert_eq!(first.place(), second.place());
        assert_eq!(slots.get_mut(first), None);
        assert_eq!(slots.remove(first), None);
        assert_eq!(slots.get_mut(second), Some(&mut 'b'));
        assert_eq!((slots.len(), slots.ids()), (1, vec![second]));
    }
}
