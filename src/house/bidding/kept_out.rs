//! Who may bid nowhere, and why: a suspension, a missing approval, an address that is not verified, terms that are not
//! accepted.

use crate::house::settings::keys::VerifyEmail;
use crate::house::settings::verify_email;
use crate::rules::refusal::Refusal;
use crate::store::Snapshot;
use crate::store::accounts::Bidder;
use anyhow::Result;

/// Why a person may not bid by themselves now, if so. A bid from the desk asks for their state alone.
pub(super) fn kept_out(snapshot: &Snapshot<'_>, bidder: &Bidder) -> Result<Option<Refusal>> {
    if let Err(refusal) = bidder.state.may_take_part() {
        return Ok(Some(refusal));
    }
    let is_to_verify = !bidder.is_verified && verify_email(snapshot)? != VerifyEmail::Off;
    Ok(if is_to_verify { Some(Refusal::Unverified) } else { bidder.check_terms().err() })
}
