use http::Method;
use percent_encoding::percent_decode_str;

use super::Kustomer;
use super::call::Call;
use super::problem::Problem;
use crate::answer::Answer;
use crate::request::Request;

type Handler = fn(&mut Kustomer, &mut Call<'_>) -> Result<Answer, Problem>;

/// One of the vendor's operations that the fake knows.
#[derive(Debug)]
pub(super) struct Route {
    method: Method,
    template: &'static str,
    /// Either of these roles is enough; none where the documents name none.
    pub(super) roles: Option<(&'static str, &'static str)>,
    pub(super) handler: Handler,
}

macro_rules! routes {
    ($($method:ident $template:literal $handler:ident ($($role:literal $legacy:literal)?),)*) => {
        &[$(Route {
            method: Method::$method,
            template: $template,
            roles: routes!(@roles $($role $legacy)?),
            handler: Kustomer::$handler,
        }),*]
    };
    (@roles $role:literal $legacy:literal) => {
        Some((concat!("org.permission.", $role), concat!("org.", $legacy)))
    };
    (@roles) => { None };
}

/// The more fixed templates stand before `{id}`: the first match wins.
const ROUTES: &[Route] = routes![
    GET "/v1/auth/tokens/current" show_token (),
    POST "/v1/customers" create_customer ("customer.create" "user.customer.write"),
    POST "/v1/customers/search" search ("search.create" "user.search.read"),
    GET "/v1/customers/email={email}" show_customer_with_email ("customer.read" "user.customer.read"),
    GET "/v1/customers/externalId={externalId}" show_customer_with_external_id ("customer.read" "user.customer.read"),
    GET "/v1/customers/phone={phone}" show_customer_with_phone ("customer.read" "user.customer.read"),
    GET "/v1/customers/{id}" show_customer ("customer.read" "user.customer.read"),
    PUT "/v1/customers/{id}" update_customer ("customer.update" "user.customer.write"),
    PATCH "/v1/customers/{id}" update_customer ("customer.update" "user.customer.write"),
    DELETE "/v1/customers/{id}" delete_customer ("customer.delete" "user.customer.write"),
    GET "/v1/customers/{id}/conversations" list_customer_conversations ("conversation.read" "user.conversation.read"),
    POST "/v1/customers/{id}/conversations" create_customer_conversation ("conversation.create" "user.conversation.write"),
    POST "/v1/customers/{id}/klasses/{klass}" create_kobject (),
    POST "/v1/customers/{id}/messages" create_customer_message ("message.create" "user.message.write"),
    GET "/v1/conversations" list_conversations ("conversation.read" "user.conversation.read"),
    POST "/v1/conversations" create_conversation ("conversation.create" "user.conversation.write"),
    GET "/v1/conversations/externalId={externalId}" show_conversation_with_external_id ("conversation.read" "user.conversation.read"),
    GET "/v1/conversations/{id}" show_conversation ("conversation.read" "user.conversation.read"),
    PUT "/v1/conversations/{id}" update_conversation ("conversation.update" "user.conversation.write"),
    PATCH "/v1/conversations/{id}" update_conversation ("conversation.update" "user.conversation.write"),
    GET "/v1/conversations/{id}/messages" list_messages ("message.read" "user.message.read"),
    POST "/v1/conversations/{id}/messages" create_message ("message.create" "user.message.write"),
    GET "/v1/conversations/{id}/notes" list_notes ("note.read" "user.note.read"),
    POST "/v1/conversations/{id}/notes" create_note ("note.create" "user.note.write"),
    POST "/v1/conversations/{id}/tags" append_tags ("conversation.update" "user.conversation.write"),
    DELETE "/v1/conversations/{id}/tags" remove_tags ("conversation.delete" "user.conversation.write"),
    GET "/v1/klasses/{klass}/externalId={externalId}" show_kobject (),
    GET "/v1/messages/{id}" show_message ("message.read" "user.message.read"),
    GET "/v1/metadata/{resource}" show_metadata ("metadata.read" "admin.metadata.read"),
    PUT "/v1/metadata/{resource}" update_metadata ("metadata.update" "admin.metadata.write"),
    GET "/v1/notes/{id}" show_note ("note.read" "user.note.read"),
    GET "/v1/tags" list_tags (),
    GET "/v1/users" list_users (),
    GET "/v1/users/current" show_current_user (),
    GET "/v1/users/{id}" show_user (),
];

impl Route {
    pub(super) fn find(request: &Request) -> Option<&'static Self> {
        ROUTES
            .iter()
            .find(|route| route.method == request.method && route.matches(&request.path))
    }

    /// The name under which requests are counted.
    pub(super) fn operation(&self) -> String {
        format!("{} {}", self.method, self.template)
    }

    /// Whether it only reads: a search is posted.
    pub(super) fn reads(&self) -> bool {
        self.method == Method::GET || self.template.ends_with("/search")
    }

    fn matches(&self, path: &str) -> bool {
        let mut segments = path.split('/');
        self.template.split('/').all(|expected| {
            let segment = segments.next();
            segment.is_some_and(|segment| argument(expected, segment).is_some())
        }) && segments.next().is_none()
    }

    /// What stands in the path for `{..}`, decoded.
    pub(super) fn arguments(&self, path: &str) -> Vec<String> {
        let pairs = self.template.split('/').zip(path.split('/'));
        pairs
            .filter_map(|(expected, segment)| argument(expected, segment).flatten())
            .map(|raw| percent_decode_str(raw).decode_utf8_lossy().into_owned())
            .collect()
    }
}

/// The argument in a segment, if its part of the template has one; none when they do not match.
fn argument<'a>(expected: &str, segment: &'a str) -> Option<Option<&'a str>> {
    match expected.split_once('{') {
        None => (expected == segment).then_some(None),
        Some((fixed, _)) => {
            let raw = segment.strip_prefix(fixed).filter(|raw| !raw.is_empty());
            raw.map(Some)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: Method, path: &str) -> Option<(String, Vec<String>)> {
        let request = Request::new(method, path);
        let route = Route::find(&request)?;
        Some((route.operation(), route.arguments(path)))
    }

    #[test]
    fn look_ups_are_segments_of_the_path() {
        assert_eq!(
            found(Method::GET, "/v1/customers/phone=%2B15550100100"),
            Some((
                "GET /v1/customers/phone={phone}".to_owned(),
                vec!["+15550100100".to_owned()]
            ))
        );
        assert_eq!(
            found(
                Method::GET,
                "/v1/conversations/5849765dc41e372700cc84a3/notes"
            ),
            Some((
                "GET /v1/conversations/{id}/notes".to_owned(),
                vec!["5849765dc41e372700cc84a3".to_owned()]
            ))
        );
        assert_eq!(found(Method::POST, "/v1/tags"), None);
        assert_eq!(found(Method::GET, "/v1/customers/1/conversations/2"), None);
    }
}
