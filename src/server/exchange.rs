//! Exchanging the open database of a lab, while its sockets and connections stay.

use std::{net::IpAddr, pin::pin, sync::Arc};

use hyper::{Request, body::Incoming};
use tokio::sync::{RwLock, mpsc};
use tokio_util::{
    sync::CancellationToken,
    task::{AbortOnDropHandle, TaskTracker},
};

use super::{
    Config, StartError,
    instance::{Opened, Running},
};
use crate::{
    error::Result,
    http::{Answer, LabDoor, ResponseFuture, Service, Site, go_on},
    lab::{Content, Exchange, Lab, faults::Wire, in_background},
    listening::ListenAddress,
    metrics::Metrics,
    places::Place,
    store::FatalError,
};

/// Answers requests by the database that is open at the time. While it is exchanged, requests wait.
pub(super) struct Exchangeable {
    lab: Arc<Lab>,
    current: Arc<RwLock<Service>>,
    metrics: Arc<Metrics>,
    /// Cancelled when the server stops.
    stopping: CancellationToken,
}

impl Answer for Exchangeable {
    fn answer(
        &self,
        peer: IpAddr,
        place: &Arc<Place>,
        afterwards: &TaskTracker,
        request: Request<Incoming>,
    ) -> ResponseFuture {
        let door = LabDoor {
            lab: Arc::clone(&self.lab),
            current: Arc::clone(&self.current),
            peer,
            place: Arc::clone(place),
            afterwards: afterwards.clone(),
        };
        Box::pin(door.answer(request))
    }

    fn wire(&self) -> Option<Arc<Wire>> {
        Some(Wire::new(self.stopping.child_token()))
    }

    fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.metrics)
    }

    /// A lab is on this machine alone.
    fn is_proxy(&self, _: IpAddr) -> bool {
        false
    }
}

/// What is needed to open another database in place of the present one.
pub(super) struct Exchanging {
    pub lab: Arc<Lab>,
    pub orders: mpsc::Receiver<Exchange>,
    pub config: Config,
    pub address: ListenAddress,
    /// The URL at which people reach the server.
    pub base: String,
    /// Cancelled when the server stops, and not with each database.
    pub stopping: CancellationToken,
    pub service: Arc<Exchangeable>,
}

impl Exchanging {
    /// What answers requests, at first by `running`.
    pub fn service(
        lab: &Arc<Lab>,
        running: &Running,
        stopping: &CancellationToken,
    ) -> Arc<Exchangeable> {
        Arc::new(Exchangeable {
            lab: Arc::clone(lab),
            current: Arc::new(RwLock::new(running.service.clone())),
            metrics: Arc::clone(&running.app.metrics),
            stopping: stopping.clone(),
        })
    }

    /// Exchanges the database whenever the lab says so, until one fails for good or `stop` resolves. Returns the last one.
    pub async fn run(
        mut self,
        mut running: Running,
        stop: impl Future<Output = ()>,
    ) -> (Option<Running>, Result<(), FatalError>) {
        let mut stop = pin!(stop);
        let going_on = go_on(Arc::clone(&self.lab), Arc::clone(&self.service.current));
        let _going_on = AbortOnDropHandle::new(tokio::spawn(going_on));
        loop {
            let order = tokio::select! {
                () = stop.as_mut() => return (Some(running), Ok(())),
                failure = running.app.store.failed() => return (Some(running), Err(failure)),
                order = self.orders.recv() => order,
            };
            let Some(Exchange { content, done }) = order else {
                return (Some(running), Ok(()));
            };
            let mut current = self.service.current.write().await;
            running.app.bus.close();
            running.app.stopping.cancel();
            running.end().await;
            let replaced = self.replace(content).await;
            running = match self.open().await {
                Ok(opened) => opened,
                Err(error) => return (None, Err(FatalError::Disk(error.to_string()))),
            };
            *current = running.service.clone();
            drop(current);
            // Whoever gave the order may have gone.
            let _ = done.send(replaced);
        }
    }

    /// Replaces the file, which is closed.
    async fn replace(&self, content: Content) -> Result<()> {
        if !matches!(content, Content::Same) {
            self.lab.forget();
        }
        let (lab, path) = (Arc::clone(&self.lab), self.config.database.clone());
        let replace = move || lab.replace(&path, &content);
        in_background("replacing the database", replace).await
    }

    async fn open(&self) -> Result<Running, StartError> {
        let site = Site {
            address: self.address.clone(),
            stopping: self.stopping.child_token(),
            lab: Some(Arc::clone(&self.lab)),
        };
        let opened = Opened::open(&self.config, Arc::clone(&self.service.metrics))?;
        let instance = opened.prepare(&self.config, site).await?;
        Ok(instance.start(self.base.clone()))
    }
}
