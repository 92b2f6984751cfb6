//! What a program may do with its token: the routes whose scope it has. At the desk it works by a pass of its own.

use super::app::App;
use super::problem::Outcome;
use super::request::Request;
use super::route::{Access, Route};
use crate::rules::refusal::Refusal;
use crate::store::accounts::AccountState;
use crate::store::sessions::Person;
use std::sync::Arc;

/// Lets a request by a session, a pass or a guest through as it is. For one by a program's token, refuses `forbidden` on
/// a route whose scope it does not have; at the desk, puts the token's pass in place of the person. There `sale` of the
/// query names the sale.
pub fn admit(app: &App, request: &mut Request, route: &Route) -> Outcome<()> {
    let Some(person) = &request.person else { return Ok(()) };
    let Some(token) = &person.by_token else { return Ok(()) };
    if !route.scope.is_some_and(|scope| token.may.has(scope)) {
        return Err(Refusal::OutOfScope.into());
    }
    if let Access::Desk(_) = route.access {
        is_for_desk(person, token.is_of_admin)?;
        let pass = app.house.pass_of_api_token(token, request.query("sale"))?;
        (request.pass, request.person) = (Some(Arc::new(pass)), None);
    }
    Ok(())
}

/// The scope was given to an admin, who may since have lost that, or been suspended.
fn is_for_desk(person: &Person, is_admin: bool) -> Result<(), Refusal> {
    match person.state {
        AccountState::Suspended => Err(Refusal::Suspended),
        AccountState::Pending => Err(Refusal::AwaitingApproval),
        AccountState::Closed => Err(Refusal::AccountClosed),
        AccountState::Active if !is_admin => Err(Refusal::OutOfScope),
        AccountState::Active => Ok(()),
    }
}
