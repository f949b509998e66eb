//! stub
use crate::error::Result;
use crate::model::HookId;
use std::net::IpAddr;
#[derive(Default)]
pub struct Throttle;
impl Throttle {
    pub fn admit(&self, _: IpAddr) -> Result<()> {
        Ok(())
    }
    pub fn admit_hook(&self, _: HookId) -> Result<()> {
        Ok(())
    }
    pub async fn delay(&self, _: &str) {}
    pub fn failed(&self, _: &str) {}
    pub fn succeeded(&self, _: &str) {}
}
