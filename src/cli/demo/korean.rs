//! The demo's texts in Korean.

use super::things::Thing;

pub const HOUSE: &str = "데모 경매장";
pub const SALE: &str = "자선의 밤";
pub const ABOUT: &str = "학교 도서관을 위한 물품 24점입니다. 데모이므로 실제로 결제되지 않습니다.";
pub const PICKUP: &str = "오늘 밤 10시까지 행사장 입구에서 받으실 수 있습니다.";
pub const POSTPONED_WHY: &str = "산장지기가 아직 내려오는 중입니다";

/// The title and the description of a lot.
pub fn lot(thing: Thing) -> (&'static str, &'static str) {
    match thing {
        Thing::Bicycle => ("접이식 자전거", "20인치 바퀴에 짐받이와 전조등이 있습니다. 30초면 접습니다."),
        Thing::Binoculars => {
            ("쌍안경 8 × 40", "렌즈가 맑고 가죽끈이 있습니다. 새를 볼 때나 뒷자리에서 쓰기 좋습니다.")
        }
        Thing::Bowl => ("청자 찻사발", "손으로 빚어 꽃잎을 새겼으며 유약에 잔잔한 빙렬이 있습니다."),
        Thing::Cake => {
            ("주문 제작 생일 케이크", "크림과 딸기를 올린 12인분 케이크를 원하시는 날에 구워 드립니다.")
        }
        Thing::Camera => {
            ("필드 카메라와 삼각대", "13 × 18 cm 건판용입니다. 주름상자에서 빛이 새지 않습니다.")
        }
        Thing::Chair => ("흔들의자", "참나무에 빨간 방석입니다. 삐걱거리지 않습니다."),
        Thing::Clock => ("벽난로 시계", "8일 동안 가고 시간마다 종을 칩니다. 열쇠가 있습니다."),
        Thing::Comics => {
            ("만화책 40권 한 상자", "한 다락방에서 나왔습니다. 영웅과 로켓, 창간호 두 권이 있습니다.")
        }
        Thing::Dinner => {
            ("집에서 즐기는 6인 만찬", "촛불과 세 코스 요리입니다. 요리사가 찾아가거나 댁으로 모십니다.")
        }
        Thing::Espresso => {
            ("에스프레소 머신", "1구에 스팀 노즐이 있습니다. 석회를 제거했으며 노란 잔 두 개를 드립니다.")
        }
        Thing::Football => ("사인 축구공", "지난 시즌 결승전 뒤에 주장이 사인했습니다."),
        Thing::Guitar => ("통기타", "가문비나무 상판에 새 줄을 맸습니다. 받침대를 함께 드립니다."),
        Thing::Hut => {
            ("산장에서 보내는 주말", "네 분이 이틀 밤을 지내실 수 있습니다. 장작과 난로, 전망이 있습니다.")
        }
        Thing::Kite => ("바람 부는 날의 연", "산들바람에도 뜹니다. 연줄은 60 m입니다."),
        Thing::Lamp => (
            "황동 책상 스탠드",
            "관절이 두 곳이고 받침이 무거우며 빛이 따뜻합니다. 작년에 배선을 새로 했습니다.",
        ),
        Thing::Map => {
            ("항구 지도, 1904년", "손으로 채색해 축에 달았습니다. 누군가 섬에 표시를 해 두었습니다.")
        }
        Thing::Plant => {
            ("테라코타 화분 식물", "다섯 살입니다. 빛이 조금 들면 되고 물은 일주일에 한 번 주시면 됩니다.")
        }
        Thing::Quilt => {
            ("손바느질 조각보 이불", "면 200 × 220 cm입니다. 목요 모임에서 한겨울 동안 누볐습니다.")
        }
        Thing::Radio => {
            ("호두나무 라디오, 1958년", "모든 대역이 나옵니다. 천과 손잡이 두 개가 원래 것입니다.")
        }
        Thing::Sneakers => ("운동화, 265 mm", "사진을 찍느라 한 번 신었습니다."),
        Thing::Teapot => {
            ("파란 법랑 찻주전자", "다섯 잔이 들어갑니다. 데이지를 손으로 그렸고 뚜껑이 잘 맞습니다.")
        }
        Thing::Telescope => {
            ("황동 망원경", "맑은 밤에는 토성의 고리가 보입니다. 물푸레나무 삼각대가 있습니다.")
        }
        Thing::Umbrella => ("줄무늬 우산", "두 사람이 쓸 만큼 넓고 손잡이는 휜 나무입니다."),
        Thing::Wine => ("와인 세 병", "광장의 와인 가게에서 고른 레드 두 병과 화이트 한 병입니다."),
    }
}

/// The name of a section or a category.
pub fn name(english: &str) -> &str {
    match english {
        "Home" => "집",
        "Curiosities" => "진기한 물건",
        "Outings and treats" => "나들이와 먹거리",
        "Grand prize" => "대상",
        "Furnishings" => "가구와 살림",
        "Kitchen" => "주방",
        "Outdoors" => "야외",
        "Instruments" => "악기와 기구",
        "Books and maps" => "책과 지도",
        "Sports" => "스포츠",
        "Food and drink" => "음식과 음료",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::lots::lots;
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_lot_has_a_title_of_its_own_in_korean_and_every_name_is_translated() {
        let mut titles = HashSet::new();
        for (section, lot_of_demo) in lots() {
            let (title, description) = lot(lot_of_demo.thing);
            assert!(titles.insert(title) && description.ends_with("니다."), "{title}: {description}");
            for english in [section, lot_of_demo.category] {
                assert_ne!(name(english), english);
            }
        }
    }
}
