//! Files from a page without scripts.

use tincan::model::limits::FileLimits;

use super::{Form, content_type, kept, nothing_is_left};
use crate::{
    files::limited,
    plain::{Browser, html},
    support::{Photo, Talk, answer, bytes, dev, messages},
};

#[tokio::test]
async fn files_are_sent_without_scripts() {
    let talk = Talk::start(dev()).await;
    let (john, jane) = (Browser::of(&talk.john), Browser::of(&talk.jane));
    let path = format!("/plain/conversations/{}", talk.conversation);
    let page = john.page(&path).await;
    for part in [
        r#"enctype="multipart/form-data""#,
        r#"<input id="files" type="file" name="files" multiple>"#,
    ] {
        assert!(page.contains(part), "{page}");
    }
    let form = Form::default()
        .field("token", &john.token().await)
        .field("clientId", "one")
        .field("content", "Look &\r\nsee")
        .file("lake.jpg", Photo::new(8, 100_000).taken)
        .file("<notes>.txt", "hello");
    for _ in 0..2 {
        let sent = answer(john.form_data(&path, &content_type(), form.clone().end())).await;
        assert_eq!(sent.status, 303, "{}", sent.body);
        assert_eq!(sent.headers["location"], format!("{path}#end").as_str());
    }
    let page = jane.page(&path).await;
    assert_eq!(page.matches("Look &amp;<br>see").count(), 1, "{page}");
    assert!(
        page.contains(r#"<img src="/api/files/1" alt="lake.jpg" loading="lazy">"#),
        "{page}"
    );
    assert!(
        page.contains("&lt;notes&gt;.txt</a> <small>5 B</small>"),
        "{page}"
    );
    // Text alone, with the file’s part empty, and as browsers without files send it.
    let form = Form::default()
        .field("token", &john.token().await)
        .field("content", "alone")
        .file("", "");
    let sent = answer(john.form_data(&path, &content_type(), form.end())).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    john.change(&path, &[("content", "the old way")]).await;
    let page = jane.page(&path).await;
    assert!(
        page.contains("alone") && page.contains("the old way"),
        "{page}"
    );
    assert_eq!(kept(&talk.server).0, 0);
}

#[tokio::test]
async fn a_refused_form_keeps_what_was_typed() {
    let limits = FileLimits {
        file: 100_000,
        user: Some(150_000),
        ..FileLimits::default()
    };
    let talk = Talk::start(limited(limits)).await;
    let john = Browser::of(&talk.john);
    let path = format!("/plain/conversations/{}", talk.conversation);
    let token = john.token().await;
    let form = |files: &[usize]| {
        let form = Form::default()
            .field("token", &token)
            .field("content", "Dear Jane");
        files
            .iter()
            .fold(form, |form, size| form.file("a", vec![7; *size]))
            .end()
    };
    for (what, body, status, reason) in [
        ("too large", form(&[100_001]), 413, "Das ist zu groß."),
        (
            "no room",
            form(&[90_000, 90_000]),
            507,
            "Du hast den ganzen Platz",
        ),
        ("empty", form(&[0]), 422, "keine davon leer"),
        ("too many", form(&[1; 11]), 422, "bis zu 10 Dateien"),
        (
            "cut",
            form(&[1])[..300].to_vec(),
            400,
            "Der Server konnte diese Anfrage nicht lesen.",
        ),
    ] {
        let german = john.in_language("de");
        let page = html(
            answer(german.form_data(&path, &content_type(), body)).await,
            status,
        );
        assert!(page.contains(reason), "{what}: {page}");
        assert!(page.contains("\nDear Jane</textarea>"), "{what}: {page}");
        nothing_is_left(&talk.server).await;
    }
}

/// Nothing of it is kept, and nothing is taken where the token comes too late.
#[tokio::test]
async fn a_form_with_files_of_another_site_is_refused() {
    let talk = Talk::start(dev()).await;
    let john = Browser::of(&talk.john);
    let path = format!("/plain/conversations/{}", talk.conversation);
    let token = john.token().await;
    let large = bytes(61, 300_000);
    let late = Form::default()
        .field("content", "x")
        .file("a", &large)
        .field("token", &token);
    let wrong = Form::default()
        .field("token", "x")
        .field("content", "x")
        .file("a", &large);
    for form in [late.clone(), wrong, Form::default().file("a", &large)] {
        let refused = answer(john.form_data(&path, &content_type(), form.end())).await;
        let page = html(refused, 403);
        assert!(page.contains("This form has expired"), "{page}");
        assert_eq!(kept(&talk.server), (0, 0, 0));
    }
    let own = Form::default().field("token", &token).file("a", &large);
    let cross = john
        .form_data(&path, &content_type(), own.clone().end())
        .header("sec-fetch-site", "cross-site");
    html(answer(cross).await, 403);
    let api = john.form_data(&messages(&talk.conversation), &content_type(), own.end());
    answer(api).await.refused(403, "cross_origin");
    assert_eq!(kept(&talk.server), (0, 0, 0));
}
