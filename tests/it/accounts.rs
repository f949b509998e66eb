//! Signing in and out.

use crate::support::{Server, dev};

#[tokio::test]
async fn somebody_who_signs_in_is_who_they_said() {
    let server = Server::start(dev()).await;
    let john = server.sign_in("john").await;
    let user = john.get("/api/auth_user").await.expect(200);
    assert_eq!(user["username"], "john");
}
