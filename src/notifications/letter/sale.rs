//! What a mail says of what ends or opens, of a bill, and of who waits for approval.

use super::Composer;
use crate::house::notices::house_texts::HouseTexts;
use crate::house::notices::notice::{Applicant, Matter, Notice};
use crate::house::notices::sale_matter::{BillMatter, SaleMatter};
use crate::notifications::draft::{Block, Line, MailLink};
use crate::rules::unlinked::unlinked;
use crate::store::own_pages::OwnPage;

impl Composer<'_> {
    /// The subject of a notice that is about neither a listing nor funds.
    pub(super) fn subject_of_others(&self, key: &str, notice: &Notice) -> String {
        match &notice.sale {
            Some(sale) => self.words.t1(key, "sale", sale.code.as_str()),
            None => self.words.t(key),
        }
    }

    /// What a notice says that is about neither a listing nor funds.
    pub(super) fn of_others(&self, notice: &Notice) -> Block {
        match (&notice.sale, &notice.person) {
            (Some(sale), _) => match &sale.bill {
                Some(bill) => self.bill(sale, bill),
                None => self.opens(sale),
            },
            (None, Some(person)) => self.pending(person),
            (None, None) => Block::default(),
        }
    }

    /// When it ends, and how the person stands.
    pub(super) fn ending(&self, matter: &Matter) -> Vec<String> {
        let mut lines =
            vec![self.words.t1("mail-ending", "title", unlinked(&matter.title)), self.closes(matter)];
        lines.push(match (matter.leads, matter.price, matter.minimum) {
            (Some(true), Some(price), _) => self.words.t1("mail-ending-leads", "price", self.money(price)),
            (_, Some(price), Some(minimum)) => {
                self.words.t2("mail-stands", ("price", self.money(price)), ("minimum", self.money(minimum)))
            }
            (_, _, Some(minimum)) => self.words.t1("mail-ending-no-bids", "minimum", self.money(minimum)),
            (_, _, None) => return lines,
        });
        lines
    }

    fn opens(&self, sale: &SaleMatter) -> Block {
        let block = Block::of([self.words.t1("mail-opens", "sale", unlinked(&sale.name))]);
        self.with_link(block, sale.url.as_deref(), "mail-link-sale")
    }

    fn bill(&self, sale: &SaleMatter, bill: &BillMatter) -> Block {
        let (total, due) = (self.money(bill.total), self.money(bill.due));
        let name = unlinked(&sale.name);
        let mut lines = vec![self.words.t2("mail-bill", ("sale", name), ("n", bill.n_lots))];
        lines.push(match (bill.due, bill.covered) {
            (0, _) => self.words.t1("mail-bill-paid", "total", total),
            (_, 0) => self.words.t1("mail-bill-due", "due", due),
            _ => self.words.t2("mail-bill-partly", ("due", due), ("total", total)),
        });
        if !sale.pickup.is_empty() {
            lines.push(self.words.t1("mail-bill-pickup", "pickup", unlinked(&sale.pickup)));
        }
        self.with_link(Block::of(lines), bill.url.as_deref(), "mail-link-bill")
    }

    /// How to pay and where to collect: links to the house's pages, or without a public address their first paragraphs.
    pub(super) fn what_now(&self, texts: &HouseTexts) -> Option<Block> {
        let mut block = Block::default();
        for (text, page) in [(&texts.payment, OwnPage::Payment), (&texts.pickup, OwnPage::Pickup)] {
            let Some(text) = text else { continue };
            let name = self.words.t(&format!("own-{}", page.name()));
            let line = |what: &str| self.words.t2("mail-what-now", ("name", name.as_str()), ("what", what));
            block.0.push(match self.settings.public_url() {
                Some(house) => {
                    let url = format!("{house}/{}", page.name());
                    Line::Link(MailLink { line: line(&url), words: name, url })
                }
                None => Line::Words(line(text)),
            });
        }
        (!block.0.is_empty()).then_some(block)
    }

    fn with_link(&self, mut block: Block, url: Option<&str>, key: &str) -> Block {
        block.0.extend(url.map(|url| Line::link(url, self.words.t(key))));
        block
    }

    /// Who waits, and the command that lets them take part. It calls them by number: an address would be broken up, since
    /// a stranger wrote it.
    fn pending(&self, person: &Applicant) -> Block {
        let email = unlinked(person.email.as_deref().unwrap_or_default());
        let name = unlinked(&person.name);
        Block::of([
            self.words.t2("mail-pending", ("name", name), ("email", email)),
            self.words.t1("mail-pending-how", "command", format!("auction account approve {}", person.id)),
        ])
    }
}
