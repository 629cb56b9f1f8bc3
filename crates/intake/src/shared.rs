//! Values that consecutive events share, so that they are allocated once.

use std::collections::HashMap;
use std::sync::Arc;

use casewire_core::{Queue, QueueId, QueueStep};

/// More queues than any contact center has; a source of made-up ids must not fill the memory.
const QUEUES_KEPT: usize = 4096;

/// The sources and queues seen last.
#[derive(Debug)]
pub(crate) struct Shared {
    /// The source of events that name none.
    pub(crate) default_source: Arc<str>,
    source: Arc<str>,
    queues: HashMap<Box<str>, Arc<Queue>>,
}

impl Shared {
    pub(crate) fn new(default_source: &Arc<str>) -> Self {
        Self {
            default_source: Arc::clone(default_source),
            source: Arc::clone(default_source),
            queues: HashMap::new(),
        }
    }

    /// The source of that name.
    pub(crate) fn source(&mut self, name: &str) -> Arc<str> {
        if *self.source != *name {
            self.source = Arc::from(name);
        }
        Arc::clone(&self.source)
    }

    /// The queue whose path has these ids and names, topmost first; `None` for an empty path.
    pub(crate) fn queue(&mut self, path: &[(&str, &str)]) -> Option<Arc<Queue>> {
        let (leaf, _) = path.last()?;
        if let Some(known) = self.queues.get(*leaf)
            && is_path(known, path)
        {
            return Some(Arc::clone(known));
        }
        let steps = path.iter().map(|(id, name)| QueueStep {
            id: QueueId((*id).into()),
            name: (*name).into(),
        });
        let queue = Arc::new(Queue::from_path(steps.collect())?);
        if self.queues.len() >= QUEUES_KEPT {
            self.queues.clear();
        }
        self.queues.insert((*leaf).into(), Arc::clone(&queue));
        Some(queue)
    }
}

fn is_path(queue: &Queue, path: &[(&str, &str)]) -> bool {
    queue
        .path()
        .map(|step| (&*step.id.0, &*step.name))
        .eq(path.iter().copied())
}
