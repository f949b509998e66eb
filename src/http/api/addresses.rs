//! The addresses at which other devices reach this server, for links that people share.

use std::net::{IpAddr, SocketAddr};

use if_addrs::{Interface, get_if_addrs};
use warp::http::Uri;

use crate::{
    contract::operations::addresses::{self as contract, AddressProblem, Addresses},
    error::{Error, Result},
    http::{
        App,
        door::caller::Caller,
        reply::{HandlerResult, ok},
        request::Request,
        route::Route,
    },
    model::Permission,
};

/// How the interfaces of containers and virtual machines are called. Other devices don’t reach what is on them.
const VIRTUAL: [&str; 9] = [
    "docker", "br-", "veth", "virbr", "vmnet", "vboxnet", "podman", "cni", "lxc",
];

pub fn routes() -> Vec<Route> {
    let administrator = Permission::Administrator;
    vec![Route::get("/api/admin/addresses", administrator, show).operation(contract::show())]
}

async fn show(request: Request) -> HandlerResult {
    let app = &request.app;
    let base = request.caller.base(&app.settings);
    let problems = problems(app, &base);
    Ok(ok(&Addresses {
        reachable: problems.is_empty(),
        base,
        problems,
        addresses: addresses(app),
        refused_names: app.metrics.reach.refused_names(),
        tls_without_public_url: app.metrics.reach.has_tls(),
        certificate: app
            .settings
            .tls
            .as_ref()
            .map(|tls| tls.certificates().status()),
    }))
}

/// What the links that the caller shares begin with: `wanted` if it is one of the addresses.
///
/// # Errors
/// [`Error::Invalid`] on `base` if it is anything else, so that nobody can be led to another server.
pub fn base(app: &App, caller: &Caller, wanted: Option<String>) -> Result<String> {
    let present = caller.base(&app.settings);
    match wanted {
        Some(wanted) if wanted != present && !addresses(app).contains(&wanted) => Err(
            Error::invalid("base", "Choose one of this server’s addresses."),
        ),
        Some(wanted) => Ok(wanted),
        None => Ok(present),
    }
}

fn problems(app: &App, base: &str) -> Vec<AddressProblem> {
    if !is_loopback(base) {
        return Vec::new();
    }
    if app.settings.public_url.is_some() {
        return vec![AddressProblem::PublicUrlIsLoopback];
    }
    let mut problems = vec![AddressProblem::NoPublicUrl];
    if app.address.is_local() {
        problems.insert(0, AddressProblem::ListensOnLoopback);
    }
    problems
}

/// Whether a URL names the machine itself (RFC 6761 §6.3).
fn is_loopback(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else {
        return false;
    };
    let host = uri.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse::<IpAddr>() {
        Ok(ip) => ip.to_canonical().is_loopback() || ip.is_unspecified(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

/// The addresses of this machine at which other devices can reach the server, as URLs.
fn addresses(app: &App) -> Vec<String> {
    let listening = match app.address.tcp() {
        Some(listening) if app.settings.public_url.is_none() && !app.address.is_local() => {
            listening
        }
        _ => return Vec::new(),
    };
    if app.settings.tls.is_some() {
        // Browsers accept no others.
        let urls = app.settings.certified_names().into_iter();
        let urls = urls.map(|name| app.settings.certified_url(&name, listening.port()));
        return urls.filter(|url| !is_loopback(url)).collect();
    }
    if !listening.ip().is_unspecified() {
        return vec![url(listening.ip(), listening.port())];
    }
    let interfaces = get_if_addrs().unwrap_or_else(|error| {
        tracing::warn!(%error, "can’t list this machine’s addresses");
        Vec::new()
    });
    let mut interfaces: Vec<_> = interfaces
        .into_iter()
        .filter(|interface| is_reached(interface, listening))
        .collect();
    interfaces.sort_by_key(|interface| (is_virtual(interface), interface.ip().is_ipv6()));
    interfaces
        .iter()
        .map(|interface| url(interface.ip(), listening.port()))
        .collect()
}

/// Whether the server listens at an address of this interface, and other devices can name it. A link-local IPv6 address
/// needs a zone, which URLs don’t have (RFC 6874 was given up).
fn is_reached(interface: &Interface, listening: SocketAddr) -> bool {
    let is_heard = listening.is_ipv6() || interface.ip().is_ipv4();
    is_heard && !interface.is_loopback() && !interface.is_link_local()
}

fn is_virtual(interface: &Interface) -> bool {
    VIRTUAL.iter().any(|name| interface.name.starts_with(name))
}

fn url(ip: IpAddr, port: u16) -> String {
    format!("http://{}", SocketAddr::new(ip, port))
}
