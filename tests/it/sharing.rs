//! What messengers and robots read: the preview of an item without a picture, and `/robots.txt`.

use crate::harness::{House, until};
use serde_json::json;

#[test]
fn an_item_without_a_picture_has_a_preview_that_is_asked_for_again_and_not_sent_again() {
    let (house, ann, ..) = House::open();
    let id = house.list(&ann, json!({"category": "Books and maps"}));
    let path = format!("/listings/{id}/preview.png");
    let preview = house.get(&path).send();
    assert_eq!((preview.status, preview.header("Content-Type")), (200, Some("image/png")));
    let picture = image::load_from_memory(&preview.body).unwrap();
    assert_eq!((picture.width(), picture.height()), (1_200, 630));
    assert!(preview.body.len() < 60_000, "{}", preview.body.len());
    let etag = preview.header("ETag").unwrap().to_owned();
    let again = house.get(&path).header("If-None-Match", &etag).send();
    assert_eq!((again.status, again.body.len()), (304, 0));
    // The same category looks the same, another does not.
    let of = |category: &str| {
        let id = house.list(&ann, json!({"category": category}));
        house.get(&format!("/listings/{id}/preview.png")).send().header("ETag").unwrap().to_owned()
    };
    assert_eq!(of("Books and maps"), etag);
    assert_ne!(of("Kitchen"), etag);
    assert_eq!(house.get("/listings/99/preview.png").send().status, 404);
    house.set("accent", "#1d4ed8");
    until("it has the house's colour", || (of("Books and maps") != etag).then_some(()));
}

#[test]
fn an_item_with_a_picture_is_shared_with_it() {
    let (house, ann, ..) = House::open();
    let mut bytes = Vec::new();
    let picture = image::DynamicImage::new_rgb8(40, 30);
    picture.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
    let fields = [("title", "Lamp"), ("opening", "1000"), ("closes_in_s", "3600")];
    let listing = house.post("/api/v1/listings").by(&ann).multipart(&fields, Some(&bytes)).send().done(201);
    let preview = house.get("/listings/1/preview.png").send();
    assert_eq!((preview.status, preview.header("Location")), (302, listing["picture"].as_str()));
}

#[test]
fn a_page_without_a_picture_shows_its_mark() {
    let (house, ann, ..) = House::open();
    house.list(&ann, json!({"title": "Two <maps>", "category": "Books"}));
    for path in ["/", "/listings/1", "/board"] {
        let page = house.get(path).send().text();
        assert!(
            page.contains("class=\"no-picture tile tile-") && page.contains("class=\"tile-mark\""),
            "{page}"
        );
        assert!(page.contains("data-title=\"Two &#60;maps&#62;\""), "{page}");
    }
    assert!(house.get("/listings/1").send().text().contains("role=\"img\" aria-label=\"No picture\""));
}

#[test]
fn robots_may_read_pages_below_a_path_too() {
    for (settings, base) in [(&[][..], ""), (&[("public_url", "https://example.org/auction")], "/auction")] {
        let (house, ..) = House::with(settings);
        let robots = house.get(&format!("{base}/robots.txt")).send();
        assert_eq!(robots.header("Content-Type"), Some("text/plain; charset=utf-8"));
        let text = robots.text();
        for path in ["/account", "/desk", "/api/", "/events", "/login"] {
            assert!(text.contains(&format!("\nDisallow: {base}{path}\n")), "{text}");
        }
        assert!(text.contains(&format!("\nAllow: {base}/\n")) && !text.contains("Disallow: /\n"), "{text}");
    }
}
