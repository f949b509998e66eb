//! Forms as the RFCs have them, and as they are sent.

use super::{Form, head, in_chunks, left_are, names, send};
use crate::support::{Talk, dev, messages, raw};

#[tokio::test]
async fn a_file_has_the_name_that_its_sender_gave_it() {
    let talk = Talk::start(dev()).await;
    for (parameters, name) in [
        (r#"; name="file"; filename="lake.jpg""#, Some("lake.jpg")),
        ("; name=file; filename=lake.jpg", Some("lake.jpg")),
        ("; FileName = \"lake.jpg\" ; name=file", Some("lake.jpg")),
        // As browsers, old and new curl, and Windows send them.
        (
            r#"; name="file"; filename="say %22hi%22.txt""#,
            Some("say \"hi\".txt"),
        ),
        (
            r#"; name="file"; filename="say \"hi\"; a.txt""#,
            Some("say \"hi\"; a.txt"),
        ),
        (
            r#"; name="file"; filename="C:\fakepath\lake.jpg""#,
            Some("lake.jpg"),
        ),
        (
            r#"; name="file"; filename="a%0D%0Ab%00.txt""#,
            Some("ab%00.txt"),
        ),
        (
            r#"; name="file"; filename="100%25.txt""#,
            Some("100%25.txt"),
        ),
        (
            r#"; name="file"; filename="../../etc/passwd""#,
            Some("passwd"),
        ),
        (
            r#"; name="file"; filename="写真 ملف.png""#,
            Some("写真 ملف.png"),
        ),
        (
            "; name=\"file\"; filename=\"photo\u{202e}gpj.exe\"",
            Some("photogpj.exe"),
        ),
        (
            r#"; name="file"; filename*=UTF-8''%E5%86%99%E7%9C%9F.png"#,
            Some("写真.png"),
        ),
        (
            r#"; name="file"; filename="__.png"; filename*=UTF-8''%E5%86%99.png"#,
            Some("写.png"),
        ),
        (
            "; filename*=utf-8'en'a%20b.txt; filename=c",
            Some("a b.txt"),
        ),
        (r#"; name="file"; filename="""#, Some("file")),
        (r#"; filename="a.txt""#, Some("a.txt")),
        // These are fields, which nobody reads.
        (r#"; name="file""#, None),
        (r#"; name="a; filename=b""#, None),
        ("", None),
    ] {
        let form = Form::default()
            .field("content", "x")
            .part(parameters, "hello");
        let sent = send(&talk.john, &messages(&talk.conversation), form)
            .await
            .expect(201);
        assert_eq!(names(&sent), Vec::from_iter(name), "{parameters}");
    }
    // Latin-1 isn’t UTF-8.
    let form = Form::default().part(b"; filename=\"f\xfcr.txt\"", "hello");
    let sent = send(&talk.john, &messages(&talk.conversation), form)
        .await
        .expect(201);
    assert_eq!(names(&sent), ["f\u{fffd}r.txt"]);
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table")]
async fn a_form_is_read_as_the_rfcs_have_it() {
    let talk = Talk::start(dev()).await;
    let address = talk.server.address();
    let path = messages(&talk.conversation);
    let long = "x".repeat(70);
    let too_long = "x".repeat(71);
    let part = "Content-Disposition: form-data; name=a; filename=b\r\n\r\n";
    let ended = format!("--b\r\n{part}hello\r\n--b--\r\n");
    let of = |boundary: &str| ended.replace("--b", &format!("--{boundary}"));
    for (what, kind, body, status) in [
        ("a form", "boundary=b", ended.clone(), 201),
        ("a quoted boundary", "boundary=\"b\"", ended.clone(), 201),
        (
            "a boundary with a colon",
            "boundary=\"b:c\"",
            of("b:c"),
            201,
        ),
        (
            "a charset in front",
            "charset=utf-8; Boundary=b",
            ended.clone(),
            201,
        ),
        (
            "the longest boundary",
            &format!("boundary={long}"),
            of(&long),
            201,
        ),
        (
            "a preamble",
            "boundary=b",
            format!("Hello\r\nthere\r\n{ended}"),
            201,
        ),
        (
            "an epilogue",
            "boundary=b",
            format!("{ended}Hello\r\nthere\r\n"),
            201,
        ),
        (
            "no line break at the end",
            "boundary=b",
            ended.trim_end().to_owned(),
            201,
        ),
        (
            "blanks behind the boundary",
            "boundary=b",
            ended.replacen("--b\r", "--b \t \r", 1),
            201,
        ),
        (
            "something like the boundary",
            "boundary=b",
            ended.replace("hello", "\r\n-b\r\n\r\r\n--\r\n--\n--a"),
            201,
        ),
        (
            "a part without a name",
            "boundary=b",
            format!("--b\r\nX: y\r\n\r\nhello\r\n{ended}"),
            201,
        ),
        ("no part", "boundary=b", "--b--\r\n".to_owned(), 422),
        (
            "a boundary that is too long",
            &format!("boundary={too_long}"),
            of(&too_long),
            415,
        ),
        ("no boundary", "charset=utf-8", ended.clone(), 415),
        ("an empty boundary", "boundary=", ended.clone(), 415),
        ("another boundary", "boundary=c", ended.clone(), 400),
        ("nothing", "boundary=b", String::new(), 400),
        (
            "a header without a colon",
            "boundary=b",
            ended.replace(": form", " form"),
            400,
        ),
        (
            "a part without an end",
            "boundary=b",
            ended.replace("--b--\r\n", ""),
            400,
        ),
        (
            "a form without an end",
            "boundary=b",
            ended.replace("--b--", "--b"),
            400,
        ),
        (
            "headers without an end",
            "boundary=b",
            "--b\r\nContent-Disposition: form-data".to_owned(),
            400,
        ),
        (
            "a line feed alone",
            "boundary=b",
            ended.replace('\r', ""),
            400,
        ),
        (
            "a field twice",
            "boundary=b",
            format!(
                "{0}{0}{ended}",
                "--b\r\nContent-Disposition: form-data; name=content\r\n\r\nx\r\n"
            ),
            400,
        ),
        (
            "headers without bounds",
            "boundary=b",
            format!("--b\r\nX: {}\r\n{part}", "x".repeat(300_000)),
            413,
        ),
        (
            "a preamble without bounds",
            "boundary=b",
            format!("{}{ended}", "x".repeat(300_000)),
            413,
        ),
        (
            "a field without bounds",
            "boundary=b",
            format!("--b\r\nX: y\r\n\r\n{}\r\n{ended}", "x".repeat(300_000)),
            413,
        ),
    ] {
        let kind = format!("multipart/form-data; {kind}");
        let head = head(&talk.john, &path, &kind, body.len());
        let answered = raw(address, head + &body).await;
        assert_eq!(answered.status, status, "{what}: {}", answered.body);
        let head = self::head(&talk.john, &path, &kind, 0);
        let size = if body.len() < 1000 { 7 } else { 1000 };
        let request = in_chunks(&head, body.as_bytes(), size);
        let answered = raw(address, request).await;
        assert_eq!(
            answered.status, status,
            "{what}, in chunks: {}",
            answered.body
        );
    }
    let sent = talk.john.get(&path).await.expect(200);
    assert_eq!(sent[0]["attachments"][0]["name"], "b");
    // All of them have had the same file, but one.
    left_are(&talk.server, (0, 2, 5 + 19)).await;
}
