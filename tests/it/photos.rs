//! Photos as phones and editors save them: their colours, their sizes, what they may cost, and why one is not taken.

use crate::harness::{House, Person, Reply, email, until};
use crate::large_pictures::{baseline, chunk, gif, png, progressive, webp_of_groups};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ImageEncoder, ImageFormat, Rgb, RgbImage};
use moxcms::ColorProfile;
use std::fs;
use std::io::Cursor;

const FIELDS: [(&str, &str); 3] = [("title", "Brass lamp"), ("opening", "1000"), ("closes_in_s", "3600")];
/// What all pictures together may take of the memory, above an idle server.
const MOST_KIB: u64 = 200 * 1_024;
const N_AT_ONCE: usize = 4;

fn send(house: &House, seller: &Person, picture: &[u8]) -> Reply {
    house.post("/api/v1/listings").by(seller).multipart(&FIELDS, Some(picture)).send()
}

/// The middle of the picture that is served after this one was sent.
#[track_caller]
fn served(house: &House, seller: &Person, picture: &[u8]) -> [u8; 3] {
    let listing = send(house, seller, picture).done(201);
    let served = house.get(listing["picture"].as_str().unwrap()).send().body;
    let picture = image::load_from_memory(&served).unwrap().to_rgb8();
    picture.get_pixel(picture.width() / 2, picture.height() / 2).0
}

#[track_caller]
fn is_near(seen: [u8; 3], expected: [u8; 3]) {
    assert!(seen.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 4), "{seen:?}, not {expected:?}");
}

fn encoded(mut encoder: impl ImageEncoder, picture: &RgbImage, icc: Vec<u8>) {
    encoder.set_icc_profile(icc).unwrap();
    DynamicImage::from(picture.clone()).write_with_encoder(encoder).unwrap();
}

/// The picture as a JPEG, a PNG and a WebP, with a colour profile.
fn in_each_kind(picture: &RgbImage, icc: &[u8]) -> [Vec<u8>; 3] {
    let [mut jpeg, mut png, mut webp] = [Vec::new(), Vec::new(), Vec::new()];
    encoded(JpegEncoder::new_with_quality(&mut jpeg, 95), picture, icc.to_vec());
    encoded(PngEncoder::new(&mut png), picture, icc.to_vec());
    encoded(WebPEncoder::new_lossless(&mut webp), picture, icc.to_vec());
    [jpeg, png, webp]
}

/// Phones take photos in Display P3; without its profile, everybody would see them too pale.
#[test]
fn a_photo_in_display_p3_keeps_its_colours_and_one_in_srgb_its_numbers() {
    let (house, ann, ..) = House::with(&[("limit_pictures_per_min", "0")]);
    let (p3, srgb) = (ColorProfile::new_display_p3(), ColorProfile::new_srgb());
    // By the matrix from P3 to sRGB, which have one white and one curve.
    for (color, of_p3) in [([200, 60, 60], [217, 42, 52]), ([60, 180, 60], [0, 183, 30])] {
        let picture = RgbImage::from_pixel(64, 48, Rgb(color));
        for bytes in in_each_kind(&picture, &p3.encode().unwrap()) {
            is_near(served(&house, &ann, &bytes), of_p3);
        }
        for bytes in in_each_kind(&picture, &srgb.encode().unwrap()) {
            is_near(served(&house, &ann, &bytes), color);
        }
        // A profile that is none changes nothing.
        for bytes in in_each_kind(&picture, &[7; 70_000]) {
            is_near(served(&house, &ann, &bytes), color);
        }
    }
    let code_points = {
        let mut png = Vec::new();
        let picture = RgbImage::from_pixel(64, 48, Rgb([200, 60, 60]));
        picture.write_to(&mut Cursor::new(&mut png), ImageFormat::Png).unwrap();
        // After the head, which ends at byte 33.
        png.splice(33..33, chunk(b"cICP", &[12, 13, 0, 1]));
        png
    };
    is_near(served(&house, &ann, &code_points), [217, 42, 52]);
}

#[test]
fn photos_of_48_and_108_megapixels_are_taken() {
    let (house, ann, ..) = House::open();
    for bytes in [baseline(8_064, 6_048), baseline(12_000, 9_000), baseline(10_950, 10_950)] {
        send(&house, &ann, &bytes).done(201);
    }
    // As cameras of 24 and 30 megapixels have them, saved for the web by an editor.
    for bytes in
        [progressive(6_000, 4_000, true), progressive(6_240, 4_160, true), progressive(6_720, 4_480, true)]
    {
        send(&house, &ann, &bytes).done(201);
    }
    let refused = send(&house, &ann, &baseline(12_100, 10_000)).refused(422, "invalid");
    assert!(refused["fields"]["picture"].as_str().unwrap().contains("at most 120 megapixels"), "{refused}");
    let refused = send(&house, &ann, &progressive(8_064, 6_048, true)).refused(422, "invalid");
    assert!(refused["fields"]["picture"].as_str().unwrap().contains("not progressive"), "{refused}");
}

#[test]
fn the_first_picture_of_a_film_is_shown() {
    let (house, ann, ..) = House::open();
    is_near(served(&house, &ann, &gif(300, 200, 0, 400)), [10, 200, 10]);
    is_near(served(&house, &ann, &gif(300, 200, 20, 1)), [10, 200, 10]);
}

/// Each reason, in words of the API, of the page in both languages, and of the command.
#[test]
fn why_a_picture_is_not_taken_is_said_everywhere() {
    let (house, ann, ..) = House::open();
    let heic = b"\0\0\0\x24ftypheic\0\0\0\0mif1MiHEmiafMiHB\0\0\0\0".to_vec();
    let arithmetic = {
        let mut jpeg = baseline(64, 64);
        let frame = jpeg.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
        jpeg[frame + 1] = 0xc9;
        jpeg
    };
    let files: [(&str, Vec<u8>, [&str; 3]); 7] = [
        ("a.heic", heic, ["HEIC. Send it as a JPEG", "Most Compatible", "높은 호환성"]),
        ("a.tif", b"II*\0\x08\0\0\0".to_vec(), ["format is TIFF", "format is TIFF", "TIFF 형식입니다"]),
        ("a.pdf", b"%PDF-1.7".to_vec(), ["format is PDF", "format is PDF", "PDF 형식입니다"]),
        (
            "a.txt",
            b"no picture".to_vec(),
            ["A picture must be a JPEG", "one of these formats", "위 형식의 사진이"],
        ),
        ("a.jpg", arithmetic, ["8-bit JPEG", "8-bit JPEG", "8비트 일반 JPEG"]),
        (
            "b.jpg",
            baseline(64, 64)[..170].to_vec(),
            ["damaged or incomplete", "damaged or incomplete", "손상되었거나"],
        ),
        ("c.jpg", baseline(12_100, 10_000), ["120 megapixels", "120 megapixels", "1억 2천만 화소"]),
    ];
    for (name, bytes, [api, english, korean]) in &files {
        let refused = send(&house, &ann, bytes).refused(422, "invalid");
        assert!(refused["fields"]["picture"].as_str().unwrap().contains(api), "{name}: {refused}");
        for (language, words) in [("en", english), ("ko", korean)] {
            let call = house.post("/listings/new").in_browser(&ann).header("Accept-Language", language);
            let page = call.multipart(&FIELDS, Some(bytes)).send();
            let said = page.text();
            let said = said.split("id=\"picture-error\">").nth(1).unwrap().split("</span>").next().unwrap();
            assert!(page.status == 422 && said.contains(words), "{name}: {said}");
        }
        let file = house.home().join(name);
        fs::write(&file, bytes).unwrap();
        let (ann, file) = (email("Ann"), file.to_str().unwrap().to_owned());
        let args =
            ["--seller", &ann, "--title", "Lamp", "--opening", "5", "--closes-in", "24h", "--picture", &file];
        let ran = house.run(&[&["listing", "add"], &args[..]].concat());
        assert!(ran.status == 1 && ran.stderr.contains(api), "{ran:?}");
    }
    // Several at once: each reason.
    let both = [files[0].1.clone(), files[1].1.clone(), files[5].1.clone()];
    let page =
        house.post("/listings/new").in_browser(&ann).multipart(&FIELDS, None).pictures(&both).send().text();
    for words in ["Most Compatible", "format is TIFF", "damaged or incomplete"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    // The phone makes a JPEG by itself where it is asked for one.
    let form = house.get("/listings/new").in_browser(&ann).send().text();
    assert!(form.contains("accept=\"image/jpeg,image/png,image/webp,image/gif\""), "{form}");
    assert_eq!(house.number("select count(*) from listing"), 0);
}

#[cfg(target_os = "linux")]
fn memory_kib(house: &House, what: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", house.server_id())).unwrap();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Four at once, of every kind that can only be decoded whole, up to what is just taken and beyond.
#[cfg(target_os = "linux")]
#[test]
fn whatever_is_sent_takes_little_memory() {
    let (house, ann, ..) = House::with(&[("limit_pictures_per_min", "0"), ("limit_listings_per_min", "0")]);
    send(&house, &ann, &baseline(64, 64)).done(201);
    let mut webp = Vec::new();
    let flat = RgbImage::from_pixel(3_500, 3_500, Rgb([9, 200, 9]));
    flat.write_to(&mut Cursor::new(&mut webp), ImageFormat::WebP).unwrap();
    let hostile = [
        progressive(6_720, 4_480, true),
        progressive(4_900, 3_600, false),
        progressive(8_064, 6_048, false),
        baseline(12_000, 9_000),
        png(4_470, 4_470, 8, true),
        png(10_000, 10_000, 16, true),
        png(8_000, 6_000, 8, false),
        png(3_199, 3_199, 16, false),
        gif(4_400, 4_500, 0, 1),
        gif(3_300, 3_300, 7, 1),
        gif(16_000, 7_000, 0, 1),
        gif(1_000, 1_000, 0, 2_000),
        webp,
        webp_of_groups(40_000),
        webp_of_groups(3_000),
    ];
    let idle = memory_kib(&house, "VmRSS:");
    let (mut n_taken, mut n_busy) = (0, 0);
    std::thread::scope(|scope| {
        let send_all = |first: usize| {
            let (house, ann, hostile) = (&house, &ann, &hostile);
            move || {
                let each = hostile.iter().skip(first).step_by(N_AT_ONCE);
                each.map(|bytes| send(house, ann, bytes)).collect::<Vec<_>>()
            }
        };
        let threads: Vec<_> = (0..N_AT_ONCE).map(|n| scope.spawn(send_all(n))).collect();
        for answer in threads.into_iter().flat_map(|thread| thread.join().unwrap()) {
            match answer.status {
                201 => n_taken += 1,
                422 => {}
                503 => {
                    assert!(answer.header("Retry-After").is_some(), "{answer:?}");
                    n_busy += 1;
                }
                _ => panic!("{answer:?}"),
            }
        }
    });
    let peak = memory_kib(&house, "VmHWM:");
    eprintln!("{idle} KiB idle, {} more at most; {n_taken} taken, {n_busy} told to come again", peak - idle);
    assert!(peak - idle <= MOST_KIB, "{} KiB above {idle}", peak - idle);
    assert!(n_taken > 0);
}
/// Four forms of 40 MiB took 350 MiB: the gate, the form's reader and the house each had a copy. Who is told to come
/// again gets through.
#[cfg(target_os = "linux")]
#[test]
fn forms_full_of_photos_take_little_memory_too() {
    let (house, ann, ..) = House::with(&[("limit_pictures_per_min", "0"), ("limit_listings_per_min", "0")]);
    send(&house, &ann, &baseline(64, 64)).done(201);
    let mut photo = baseline(640, 480);
    // What follows the end of a picture is no part of it.
    photo.resize(10_400_000, 0x55);
    let four = vec![photo; 4];
    let idle = memory_kib(&house, "VmRSS:");
    std::thread::scope(|scope| {
        for _ in 0..N_AT_ONCE {
            scope.spawn(|| {
                until("the form is taken", || {
                    let call =
                        house.post("/api/v1/listings").by(&ann).multipart(&FIELDS, None).pictures(&four);
                    let answer = call.send();
                    let is_busy = answer.status == 503 && answer.header("Retry-After").is_some();
                    assert!(answer.status == 201 || is_busy, "{answer:?}");
                    (answer.status == 201).then_some(())
                });
            });
        }
    });
    let peak = memory_kib(&house, "VmHWM:");
    assert!(peak - idle <= MOST_KIB, "{} KiB above {idle}", peak - idle);
}
