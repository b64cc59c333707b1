//! What columns, labels and codes are usually called, in English, Russian and Uzbek (both scripts).
//!
//! Words are compared in lower case, with one kind of apostrophe and spaces for punctuation. A word of
//! up to three letters must stand alone; a longer one may begin a word (`registr` finds
//! `Registered`).

use crate::model::Milestone;

/// A text as words are compared with it: ` declaration no `.
pub(super) fn normal(text: &str) -> String {
    let mut normal = String::from(" ");
    let mut last_lower = false;
    for c in text.chars() {
        let c = match c {
            '\u{2bb}' | '\u{2bc}' | '\u{2018}' | '\u{2019}' | '`' | '\u{b4}' => '\'',
            c => c,
        };
        // `declarationId` is two words.
        if c.is_uppercase() && last_lower {
            normal.push(' ');
        }
        last_lower = c.is_lowercase();
        if c.is_alphanumeric() || c == '\'' || c == '%' || c == '№' {
            normal.extend(c.to_lowercase());
        } else if !normal.ends_with(' ') {
            normal.push(' ');
        }
    }
    if !normal.ends_with(' ') {
        normal.push(' ');
    }
    normal
}

/// Whether a normal text has a word.
pub(super) fn has(normal: &str, word: &str) -> bool {
    let short = word.chars().count() <= 3;
    let wanted = if short {
        format!(" {word} ")
    } else {
        format!(" {word}")
    };
    normal.contains(&wanted)
}

/// The place in `words` of the first one that a normal text has: the lower, the surer.
pub(super) fn rank(normal: &str, words: &[&str]) -> Option<usize> {
    words.iter().position(|word| has(normal, word))
}

/// Names of the column with the declaration's number, the surest first.
pub(super) const DECLARATION_ID: &[&str] = &[
    "case concept name",
    "ocel oid",
    "declaration id",
    "declaration no",
    "declaration number",
    "declaration №",
    "decl no",
    "decl id",
    "case id",
    "номер декларации",
    "номер дт",
    "номер гтд",
    "№ декларации",
    "№ дт",
    "регистрационный номер",
    "deklaratsiya raqami",
    "bayonnoma raqami",
    "декларация рақами",
    "баённома рақами",
    "bojxona bayonnomasi",
    "declaration",
    "decl",
    "гтд",
    "дт",
    "deklaratsiya",
    "bayonnoma",
    "shipment id",
    "shipment no",
    "shipment",
    "case",
    "entry no",
    "id",
    "№",
    "номер",
    "raqami",
    "рақами",
];

/// Words in names of columns that are no number of a declaration though they have its words.
pub(super) const NO_ID: &[&str] = &[
    "type",
    "date",
    "time",
    "тип",
    "вид",
    "дата",
    "turi",
    "sana",
    "сана",
    "year",
    "month",
    "status",
    "статус",
    "holat",
    "line",
    "строк",
];

/// Names of the column with the activity's label.
pub(super) const ACTIVITY: &[&str] = &[
    "concept name",
    "ocel activity",
    "activity",
    "event name",
    "event type",
    "event",
    "операция",
    "событие",
    "действие",
    "этап",
    "hodisa",
    "амал",
    "amal",
    "bosqich",
    "босқич",
    "ҳодиса",
    "harakat",
    "action",
    "step",
    "milestone",
    "task",
    "status",
    "статус",
    "holat",
    "ҳолат",
    "state",
];

/// Names of columns with transitions in the life of an activity.
pub(super) const LIFECYCLE: &[&str] = &["lifecycle transition", "lifecycle", "transition"];

/// Names of columns with times.
pub(super) const TIME: &[&str] = &[
    "time timestamp",
    "ocel timestamp",
    "timestamp",
    "event time",
    "datetime",
    "date time",
    "время",
    "дата и время",
    "vaqt",
    "вақт",
    "time",
    "date",
    "дата",
    "sana",
    "сана",
];

/// Columns of planned times, which are no milestones.
pub(super) const PLANNED: &[&str] = &[
    "planned",
    "scheduled",
    "expected",
    "deadline",
    "due",
    "eta",
    "план",
    "ожидаем",
    "срок",
    "reja",
    "режа",
    "muddat",
    "муддат",
];

/// Milestones by the words of labels (and of columns with times): all words of a line must be there,
/// each as one of its alternatives. The first line that fits counts.
#[rustfmt::skip]
pub(super) const MILESTONES: &[(Milestone, &[&[&str]])] = &[
    (Milestone::PreArrivalNotice, &[&["pre arrival", "prearrival", "advance", "предварительн", "oldindan", "олдиндан"]]),
    (Milestone::AuditCompleted, &[&["audit", "аудит", "камеральн", "аудити"], END]),
    (Milestone::AuditStarted, &[&["audit", "аудит", "камеральн"]]),
    (Milestone::TransitTerminated, &[&["transit", "tranzit", "транзит"], &["clos", "end", "terminat", "complet", "discharg", "заверш", "закры", "yopil", "tugat", "ёпил"]]),
    (Milestone::TransitOpened, &[&["transit", "tranzit", "транзит"], &["open", "start", "begin", "откры", "начал", "ochil", "boshlan", "очил"]]),
    (Milestone::GuaranteeDischarged, &[&["guarantee", "гаранти", "обеспечени", "kafolat", "кафолат"], &["discharg", "releas", "return", "возврат", "снят", "qaytar", "қайтар"]]),
    (Milestone::RefundClaimed, &[&["refund", "возврат", "qaytarish"], &["claim", "request", "appl", "заявл", "ariza", "ариза"]]),
    (Milestone::Refunded, &[&["refund", "возвращ"]]),
    (Milestone::Seized, &[&["seiz", "изъят", "арест", "musodara", "мусодара"]]),
    (Milestone::BorderEntered, &[&["border", "границ", "chegara", "чегара", "рубеж"], &["enter", "entry", "arriv", "въезд", "въех", "прибы", "kirdi", "kirish", "кирди"]]),
    (Milestone::BorderLeft, &[&["border", "границ", "chegara", "чегара", "рубеж"], &["left", "leav", "exit", "cross", "выезд", "пересе", "o'tdi", "chiqdi", "ўтди", "чиқди"]]),
    (Milestone::Cancelled, &[&["cancel", "annul", "аннулир", "отмен", "отозва", "bekor", "бекор"]]),
    (Milestone::Rejected, &[&["reject", "refus", "отказ", "отклон", "rad", "рад"]]),
    (Milestone::AgencyCompleted, &[AGENCY, END]),
    (Milestone::AgencyStarted, &[AGENCY]),
    (Milestone::Amended, &[&["amend", "correct", "reinitiat", "изменен", "корректир", "исправл", "tuzatish", "o'zgartir", "тузатиш", "ўзгартир"]]),
    (Milestone::QueryAnswered, &[&["answer", "respon", "repl", "ответ", "javob", "жавоб"]]),
    (Milestone::QueryRaised, &[&["query", "request for", "additional", "запрос", "so'rov", "сўров"]]),
    (Milestone::DocumentCheckStarted, &[DOCUMENTS, START]),
    (Milestone::DocumentCheckCompleted, &[DOCUMENTS]),
    (Milestone::DocumentCheckCompleted, &[&["check"], &["ticket", "confirm"]]),
    (Milestone::Scanned, &[&["scan", "x ray", "xray", "сканир", "рентген", "инспекционно", "skaner", "сканер"]]),
    (Milestone::InspectionStarted, &[INSPECTION, START]),
    (Milestone::InspectionCompleted, &[INSPECTION]),
    (Milestone::LaneSelected, &[&["lane", "channel", "selectivity", "risk", "коридор назначен", "канал", "риск", "yo'lak", "йўлак", "xavf"]]),
    (Milestone::Unloaded, &[&["unload", "разгруз", "выгруз", "tushir", "тушир", "yuk tushir"]]),
    (Milestone::Released, &[&["releas", "clearance granted", "cleared", "выпуск", "выпущ", "chiqarib", "chiqaril", "чиқариб", "чиқарил"]]),
    (Milestone::Exited, &[&["exit", "gate out", "left", "deliver", "выезд", "выехал", "убы", "вывез", "chiqdi", "чиқди"]]),
    (Milestone::Assessed, &[&["assess", "calculat", "начисл", "исчисл", "hisoblan", "ҳисоблан"]]),
    (Milestone::Paid, &[&["paid", "pay", "payment", "оплат", "оплач", "уплат", "уплач", "поступил платеж", "to'lov", "to'lan", "тўлов", "тўлан"]]),
    (Milestone::Registered, &[&["registr", "register", "зарегистр", "регистрац", "присвоен", "ro'yxat", "рўйхат"]]),
    (Milestone::Lodged, &[&["lodg", "submi", "receipt", "received", "sent", "order", "create", "подан", "подача", "представл", "topshir", "taqdim", "топшир", "тақдим"]]),
    (Milestone::Arrived, &[&["arriv", "прибы", "доставл", "keldi", "kelgan", "yetib", "келди", "етиб"]]),
];

const END: &[&str] = &[
    "end",
    "complet",
    "finish",
    "closed",
    "done",
    "заверш",
    "окончан",
    "конец",
    "tugadi",
    "tugat",
    "yakun",
    "тугади",
    "якун",
];
const START: &[&str] = &[
    "start",
    "begin",
    "began",
    "open",
    "начат",
    "начал",
    "начало",
    "boshlan",
    "бошлан",
];
const AGENCY: &[&str] = &[
    "agency",
    "permit",
    "phytosanitary",
    "veterinary",
    "quarantine",
    "ведомств",
    "карантин",
    "фитосанитар",
    "ветеринар",
    "сертифик",
    "boshqa organ",
    "бошқа орган",
    "ruxsatnoma",
    "рухсатнома",
];
const DOCUMENTS: &[&str] = &["document", "документ", "hujjat", "ҳужжат"];
const INSPECTION: &[&str] = &[
    "inspect",
    "examin",
    "physical",
    "досмотр",
    "осмотр",
    "ko'rik",
    "кўрик",
];

/// Attributes by the words in the names of columns; the first line that fits counts.
#[rustfmt::skip]
pub(super) const ATTRIBUTES: &[(&str, &[&str])] = &[
    ("finding_severity", &["severity", "critical fraud", "тяжесть", "og'irlik", "ogirlik"]),
    ("selection_reason", &["selection reason", "selected by", "основание выбора", "tanlash asosi"]),
    ("electronic_payment", &["electronic payment", "e payment", "электронная оплата", "elektron to'lov", "elektron tolov"]),
    ("paperless", &["paperless", "electronic", "channel", "безбумаж", "электронн", "qog'ozsiz", "qogozsiz"]),
    ("corridor", &["corridor", "koridor", "коридор", "йўналиш коридори"]),
    ("bcp", &["border post", "border crossing", "crossing", "bcp", "checkpoint", "пункт пропуска", "chegara post", "чегара пост", "poe"]),
    ("office", &["office", "customs post", "department", "пост", "таможенный орган", "таможня", "post", "bojxona posti"]),
    ("direction", &["direction", "flow", "направлени", "yo'nalish", "yonalish", "йўналиш"]),
    ("regime", &["regime", "procedure", "процедура", "режим", "rejim", "тартиб"]),
    ("mode", &["mode", "modes", "transport", "вид транспорта", "транспорт"]),
    ("lane", &["lane", "risk channel", "канал", "yo'lak", "yolak", "йўлак"]),
    ("finding", &["finding", "fraud", "irregularity", "нарушени", "natija", "натижа"]),
    ("aeo", &["aeo", "authorised operator", "authorized operator", "уэо", "vio", "вио"]),
    ("trader", &["importer", "trader", "declarant", "consignee", "exporter", "импортер", "экспортер", "декларант", "инн", "stir", "стир", "importyor"]),
    ("origin", &["origin", "происхождени", "kelib chiqish", "келиб чиқиш"]),
    ("destination", &["destination", "country", "назначени", "boradigan", "борадиган"]),
    ("departure", &["departure", "отправлени", "jo'natuvchi", "жўнатувчи"]),
    ("hs_code", &["hs code", "hs6", "hs", "hscode", "commodity code", "tariff code", "тн вэд", "тнвэд", "tif tn", "tnved", "тиф тн"]),
    ("agency", &["agency", "ведомство", "idora", "идора"]),
    ("officer", &["officer", "resource", "inspector", "user", "инспектор", "исполнитель", "inspektor", "xodim", "ходим"]),
    ("package_count", &["packages", "package count", "мест", "orinlar", "o'rinlar", "ўринлар"]),
    ("net_mass_kg", &["net mass", "net weight", "weight", "вес нетто", "нетто", "netto", "massa", "масса"]),
    ("distance_km", &["distance", "расстояни", "masofa", "масофа"]),
];

/// Amounts by the words in the names of columns; the first line that fits counts.
#[rustfmt::skip]
pub(super) const AMOUNTS: &[(&str, &[&str])] = &[
    ("assessed_initial", &["assessed initial", "initial duty", "hisoblangan dastlabki"]),
    ("exempted", &["exempt", "relief", "льгот", "освобожд", "imtiyoz", "имтиёз"]),
    ("refunded", &["refund", "возврат", "qaytaril"]),
    ("penalty", &["penalt", "штраф", "jarima", "жарима"]),
    ("paid", &["total payment amount", "totalpaymentamount", "paid", "payment amount", "amount paid", "уплачен", "оплачен", "tolangan", "to'langan", "тўланган"]),
    ("customs_value", &["customs value", "invoice value", "item value", "line item value", "item price", "value", "cif", "стоимость", "qiymat", "қиймат"]),
    ("assessed", &["assessed", "duty", "taxes", "amount due", "amount", "пошлин", "налог", "платеж", "hisoblangan", "ҳисобланган", "boj"]),
    ("fee_official", &["fee", "fees", "freight", "expense", "costs", "сбор", "yig'im", "йиғим"]),
];

/// Words in names of columns that are no amount though they have its words.
pub(super) const NO_AMOUNT: &[&str] = &["rate", "ставка", "stavka", "%", "type", "unit", "id"];

/// Members of an attribute, each with its words.
type Members = &'static [(&'static str, &'static [&'static str])];

/// Members of `direction` and `mode` by the words of codes; UN/CEFACT Recommendation 19 for `mode`.
#[rustfmt::skip]
pub(super) const MEMBERS: &[(&str, Members)] = &[
    ("direction", &[
        ("import", &["import", "im", "imp", "i", "импорт", "ввоз", "kirish", "им"]),
        ("export", &["export", "ex", "ek", "exp", "e", "экспорт", "эк", "вывоз", "eksport", "chiqish"]),
        ("transit", &["transit", "tr", "t", "транзит", "тр", "тт", "tranzit"]),
    ]),
    ("mode", &[
        ("sea", &["sea", "ocean", "maritime", "vessel", "мор", "dengiz", "1", "10"]),
        ("rail", &["rail", "train", "железн", "жд", "ж д", "temir", "темир", "2", "20"]),
        ("road", &["road", "truck", "car", "bus", "vehicle", "авто", "avto", "3", "30"]),
        ("air", &["air", "plane", "воздуш", "авиа", "havo", "ҳаво", "avia", "4", "40"]),
        ("post", &["post", "mail", "почт", "pochta", "5", "50"]),
        ("other", &["pipeline", "pedestrian", "multimodal", "other", "трубопровод", "boshqa", "n a", "6", "7", "8", "9", "60", "70", "80", "90"]),
    ]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_words() {
        assert_eq!(normal("Decl_No."), " decl no ");
        assert_eq!(normal("declarationId"), " declaration id ");
        assert_eq!(normal("Roʻyxatga olindi"), " ro'yxatga olindi ");
        assert_eq!(normal("№ ДТ"), " № дт ");
        assert!(has(" hs code ", "hs"));
        assert!(!has(" this code ", "hs"));
        assert!(has(" registered ", "registr") || has(" registered ", "register"));
        assert!(!has(" unpaid ", "paid"));
        assert_eq!(rank(" case id ", &["declaration", "case"]), Some(1));
    }
}
