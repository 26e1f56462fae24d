"""What a message of Telegram says to us: the words, who wrote them, where the answer goes."""

from telegram import Message, MessageEntity, User
from telegram.constants import ChatType, MessageEntityType

from bot.channels.telegram_delivery import Place
from bot.inbound import Speaker

CHANNEL = "telegram"


def addressed(message: Message, me: User) -> str | None:
    """What a message says to the bot, or None if it isn't talking to it.

    In a private chat everything is meant for the bot; in a group only `command@bot`, an @mention and a reply to
    the bot's message are.  The bot's name is taken out.

    Args:
        message: As received.
        me: The bot itself; its username may be missing on servers other than Telegram's.
    """
    text = message.text or message.caption or ""
    entities = message.entities or message.caption_entities
    private = is_private(message)
    named = False
    for entity in sorted(entities, key=lambda entity: -entity.offset):
        if _names(entity, text, me):
            named = True
            text = _without(entity, text, me)
    if private or named:
        return text.strip()
    says_something = bool(text.strip()) or message.document is not None
    return text.strip() if _replies_to(message, me) and says_something else None


def speaker_of(message: Message) -> Speaker:
    """Who wrote a message, and where; a channel or an anonymous admin counts as the chat itself."""
    chat = str(message.chat.id)
    user = str(message.from_user.id) if message.from_user is not None else chat
    return Speaker(CHANNEL, chat, user, group=not is_private(message))


def place_of(message: Message) -> Place:
    """Where the answer to a message goes: the same chat and topic; in a group, under the message."""
    thread = message.message_thread_id if message.is_topic_message else None
    return Place(message.chat.id, thread, None if is_private(message) else message.message_id)


def is_private(message: Message) -> bool:
    """Whether nobody else reads along."""
    return message.chat.type == ChatType.PRIVATE


def _names(entity: MessageEntity, text: str, me: User) -> bool:
    if entity.type == MessageEntityType.TEXT_MENTION:
        return entity.user is not None and entity.user.id == me.id
    if me.username is None or entity.type not in {MessageEntityType.MENTION, MessageEntityType.BOT_COMMAND}:
        return False
    return _slice(entity, text).lower().endswith(f"@{me.username.lower()}")


def _without(entity: MessageEntity, text: str, me: User) -> str:
    """The text without the bot's name; of `/help@bot`, `/help` stays."""
    words = _slice(entity, text)
    kept = words[: -len(f"@{me.username}")] if entity.type == MessageEntityType.BOT_COMMAND else " "
    units = text.encode("utf-16-le")
    start, end = entity.offset * 2, (entity.offset + entity.length) * 2
    return (units[:start] + kept.encode("utf-16-le") + units[end:]).decode("utf-16-le", "replace")


def _slice(entity: MessageEntity, text: str) -> str:
    units = text.encode("utf-16-le")
    return units[entity.offset * 2 : (entity.offset + entity.length) * 2].decode("utf-16-le", "replace")


def _replies_to(message: Message, me: User) -> bool:
    """Whether a message answers one of ours (every message of a topic formally answers its opening)."""
    before = message.reply_to_message
    if before is None or before.forum_topic_created is not None or before.from_user is None:
        return False
    return before.from_user.id == me.id
