//! The providers that people have.

use crate::provider::{
    Provider,
    faces::{at_home, elsewhere},
};

use super::Server;

#[tokio::test]
async fn people_sign_in_with_every_provider_that_they_have() {
    let mut faces = at_home();
    faces.extend(elsewhere());
    let mut providers = Vec::new();
    for face in &faces {
        let provider = Provider::start().await;
        provider.put_on(face);
        providers.push(provider);
    }
    let server = Server::start(&providers).await;
    let mut names = Vec::new();
    for (face, provider) in faces.iter().zip(&providers) {
        let end = server.sign_in(provider).await;
        let logged = || format!("{}: {}", face.name, server.logged());
        if let Some(username) = face.username {
            assert_eq!(end.location, "/", "{}", logged());
            let user = end.user.unwrap_or_else(|| panic!("{}", logged()));
            assert_eq!(user["username"], username, "{}", face.name);
        } else {
            assert_eq!(end.location, "/join", "{}", logged());
            let pending = end.pending.unwrap_or_else(|| panic!("{}", logged()));
            assert_eq!(pending["username"], "", "{}", face.name);
        }
        names.push(face.name);
    }
    names.sort_unstable();
    names.dedup();
    assert!(names.len() >= 20, "{names:?}");
}
